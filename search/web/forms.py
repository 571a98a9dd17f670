"""What a shopper may put into a page's address. Unknown fields are ignored there, so that shared links keep working."""

import math

from django import forms

from search.types import Box, Filters

MAX_TEXT = 500


class BoxField(forms.CharField):
    """Reads "x1,y1,x2,y2" in pixels of the upright photo."""

    def to_python(self, value: str | None) -> Box | None:
        text = super().to_python(value)
        if not text:
            return None
        try:
            numbers = tuple(float(part) for part in text.split(","))
        except ValueError:
            numbers = ()
        if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
            raise forms.ValidationError("A frame is four numbers: left, top, right, bottom.")
        return numbers


class SearchForm(forms.Form):
    q = forms.CharField(label="Words", required=False, max_length=MAX_TEXT)
    box = forms.IntegerField(label="Object", required=False, min_value=1, max_value=1000)
    bbox = BoxField(label="Frame", required=False, max_length=100)
    category = forms.CharField(label="Category", required=False, max_length=160)
    price_min = forms.DecimalField(label="Price from", required=False, min_value=0, max_digits=12, decimal_places=2)
    price_max = forms.DecimalField(label="Price to", required=False, min_value=0, max_digits=12, decimal_places=2)
    in_stock = forms.BooleanField(label="In stock", required=False)
    seller = forms.CharField(label="Seller", required=False, max_length=120)
    cursor = forms.CharField(label="Page", required=False, max_length=500)

    def clean(self) -> dict:
        cleaned = super().clean()
        low, high = cleaned.get("price_min"), cleaned.get("price_max")
        if low is not None and high is not None and low > high:
            self.add_error("price_max", "it cannot be lower than the price from.")
        return cleaned

    def filters(self) -> Filters:
        """Call after is_valid()."""
        asked = self.cleaned_data
        return Filters(
            category=asked["category"] or None,
            price_min=asked["price_min"],
            price_max=asked["price_max"],
            in_stock=asked["in_stock"] or None,
            seller=asked["seller"] or None,
        )
