"""The form of a bulk edit: every field may stay empty, which leaves the products as they are."""

from decimal import Decimal

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from catalog.edits.bulk import MAX_PRICE, BulkEdit
from catalog.edits.categories import tree
from catalog.ingest.validate import ATTRIBUTES, LONGEST_ATTRIBUTE
from catalog.models import Category, Offer, Seller

AS_IT_IS = ("", "as it is")
CLEAR = "-"


class BulkForm(forms.Form):
    category = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    availability = forms.ChoiceField(
        required=False, widget=UnfoldAdminSelectWidget, choices=[AS_IT_IS, *Offer.Availability.choices]
    )
    percent = forms.DecimalField(
        label="Price by percent",
        required=False,
        min_value=-100,
        max_value=1000,
        decimal_places=2,
        max_digits=6,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="-20 makes it a fifth cheaper",
    )
    price = forms.DecimalField(
        label="Price, the same for all",
        required=False,
        min_value=0,
        max_value=MAX_PRICE,
        decimal_places=2,
        max_digits=12,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    seller = forms.ChoiceField(label="Price and availability of", required=False, widget=UnfoldAdminSelectWidget)
    visibility = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        choices=[AS_IT_IS, ("hide", "hide from every search"), ("show", "show in searches")],
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        nodes = [(str(node.id), "\u2003" * node.depth + node.name) for node in tree()]
        self.fields["category"].choices = [AS_IT_IS, ("none", "no category"), *nodes]
        sellers = Seller.objects.order_by("name").values_list("pk", "name")
        self.fields["seller"].choices = [("", "every seller"), *((str(pk), name) for pk, name in sellers)]
        for name in ATTRIBUTES:
            self.fields[name] = forms.CharField(
                label=name.capitalize(),
                required=False,
                max_length=LONGEST_ATTRIBUTE,
                widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "as it is"}),
                help_text="a hyphen takes it away",
            )

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("price") is not None and cleaned.get("percent") is not None:
            raise forms.ValidationError("A price is changed by percent, or set; not both.")
        if not self.errors and not self.says_something():
            raise forms.ValidationError("Say what shall change.")
        return cleaned

    def says_something(self) -> bool:
        given = {name: value for name, value in self.cleaned_data.items() if name != "seller"}
        return any(value not in ("", None) for value in given.values())

    def edit(self) -> BulkEdit:
        """Call after is_valid()."""
        given = self.cleaned_data
        category, seller = given["category"], given["seller"]
        attributes = {name: given[name] for name in ATTRIBUTES if given[name]}
        percent: Decimal | None = given["percent"]
        return BulkEdit(
            category=Category.objects.get(pk=category) if category not in ("", "none") else None,
            without_category=category == "none",
            attributes={name: "" if value == CLEAR else value for name, value in attributes.items()},
            percent=percent,
            price=given["price"],
            availability=given["availability"] or None,
            seller=Seller.objects.get(pk=seller) if seller else None,
            blocked={"hide": True, "show": False}.get(given["visibility"]),
        )
