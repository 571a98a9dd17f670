"""One product's fields; its attributes as four inputs instead of JSON."""

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

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
        labels = {"sku": "SKU", "gtin": "GTIN", "group_id": "Variant group"}
        help_texts = {"group_id": "The same for all variants of one design."}
        widgets = {"description": UnfoldAdminTextareaWidget(attrs={"rows": 4})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ATTRIBUTES:
            self.fields[name].initial = self.instance.attributes.get(name, "")

    def save(self, commit: bool = True) -> Product:
        given = {name: self.cleaned_data[name] for name in ATTRIBUTES}
        merged = {**self.instance.attributes, **given}
        self.instance.attributes = {name: value for name, value in merged.items() if value}
        return super().save(commit)
