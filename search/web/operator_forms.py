"""The operator's few fields. What is wrong with them is refused in one line."""

from django import forms

from catalog.models import Category
from search.errors import IndexRefused
from search.models import Bundle


class AskedForm(forms.Form):
    def asked(self) -> dict:
        """The cleaned fields. Raises IndexRefused with the first thing that is wrong."""
        if not self.is_valid():
            name, errors = next(iter(self.errors.items()))
            raise IndexRefused(f"{self.fields[name].label or name.capitalize()}: {errors[0]}")
        return self.cleaned_data


class BuildForm(AskedForm):
    kind = forms.ChoiceField(choices=[("build", "build"), ("merge", "merge")])
    bundle = forms.CharField(max_length=120)

    def clean_bundle(self) -> str:
        bundle_id = self.cleaned_data["bundle"]
        if not Bundle.objects.filter(pk=bundle_id).exists():
            raise forms.ValidationError("There is no such bundle.")
        return bundle_id


class ShareForm(AskedForm):
    percent = forms.DecimalField(min_value=0, max_value=100, max_digits=5, decimal_places=2)


class PinForm(AskedForm):
    category = forms.ModelChoiceField(Category.objects.all())


class ReasonForm(AskedForm):
    reason = forms.CharField(max_length=200, required=False)
