"""One product's fields; its attributes as four inputs instead of JSON."""

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from catalog.ingest.validate import ATTRIBUTES, LONGEST_ATTRIBUTE
from catalog.models import Product


class ProductForm(forms.ModelForm):
    """Attributes with other names, which a feed of another make brought, stay as they are."""

    color = forms.CharField(required=False, max_length=LONGEST_ATTRIBUTE, widget=UnfoldAdminTextInputWidget)
    material = forms.CharField(required=False, max_length=LONGEST_ATTRIBUTE, widget=UnfoldAdminTextInputWidget)
    pattern = forms.CharField(required=False, max_length=LONGEST_ATTRIBUTE, widget=UnfoldAdminTextInputWidget)
    style = forms.CharField(required=False, max_length=LONGEST_ATTRIBUTE, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Product
        fields = ["sku", "title", "brand", "category", "group_id", "gtin", "description", "blocked"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ATTRIBUTES:
            self.fields[name].initial = self.instance.attributes.get(name, "")

    def save(self, commit: bool = True) -> Product:
        given = {name: self.cleaned_data[name] for name in ATTRIBUTES}
        merged = {**self.instance.attributes, **given}
        self.instance.attributes = {name: value for name, value in merged.items() if value}
        return super().save(commit)
