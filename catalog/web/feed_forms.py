"""What the forms on the feeds' pages may say."""

import re
from datetime import timedelta

from django import forms
from django.utils import timezone

from catalog.errors import CatalogError
from catalog.feeds.files import allowed_folder
from catalog.feeds.models import FeedSource, Missing, Part
from catalog.fetch import parse

LEAST_MINUTES = 5


def currency(text: str) -> str:
    if not re.fullmatch("[A-Z]{3}", text.upper()):
        raise forms.ValidationError("A currency has three letters, like EUR.")
    return text.upper()


class StartForm(forms.Form):
    """One of a file, an address and a folder; and for which source."""

    file = forms.FileField(required=False, allow_empty_file=True, label="File")
    url = forms.CharField(required=False, max_length=2000, label="Address")
    folder = forms.CharField(required=False, max_length=1000, label="Folder on the server")
    source = forms.ModelChoiceField(
        FeedSource.objects.all(), required=False, label="Feed", empty_label="Only this once"
    )
    part = forms.ChoiceField(choices=Part, required=False, label="What counts")
    currency = forms.CharField(required=False, max_length=3, label="Currency of prices without one")

    def clean_currency(self) -> str:
        text = self.cleaned_data["currency"]
        return currency(text) if text else ""

    def clean(self) -> dict:
        given = super().clean()
        if sum(bool(given.get(name) is not None and given.get(name) != "") for name in ("file", "url", "folder")) != 1:
            raise forms.ValidationError("Give one of a file, an address and a folder.")
        if given.get("url"):
            try:
                parse(given["url"])
            except CatalogError:
                self.add_error("url", "An address begins with http:// or https:// and leads to a feed.")
        return given

    def asked(self) -> dict:
        """For start_import."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        if "file" in given:
            given["name"] = given["file"].name
        return given


class UploadForm(forms.Form):
    """The beginning of an upload in pieces."""

    name = forms.CharField(max_length=300)
    size = forms.IntegerField(min_value=1)
    source = StartForm.base_fields["source"]
    part = StartForm.base_fields["part"]
    currency = StartForm.base_fields["currency"]


class MissingForm(forms.Form):
    missing = forms.ChoiceField(choices=Missing, required=False)
    accept_missing = forms.BooleanField(required=False)


class SourceForm(forms.ModelForm):
    """A feed that comes again."""

    class Meta:
        model = FeedSource
        fields = ["name", "kind", "location", "every_minutes", "part", "missing", "currency"]
        labels = {
            "kind": "Where it comes from",
            "location": "Address or folder",
            "every_minutes": "Fetch every … minutes",
            "part": "What counts",
            "missing": "Products that are missing from it",
            "currency": "Currency of prices that name none",
        }
        help_texts = dict.fromkeys(fields, "") | {
            "location": "A folder is named from the folders that feeds may be read from.",
            "every_minutes": f"At least {LEAST_MINUTES}. Empty: only when somebody asks.",
        }

    def clean_currency(self) -> str:
        return currency(self.cleaned_data["currency"])

    def clean_every_minutes(self) -> int | None:
        minutes = self.cleaned_data["every_minutes"]
        if minutes is not None and not LEAST_MINUTES <= minutes <= 525_600:
            raise forms.ValidationError(f"At least {LEAST_MINUTES} minutes, at most a year.")
        return minutes

    def clean(self) -> dict:
        given = super().clean()
        kind, location = given.get("kind"), given.get("location", "")
        try:
            if kind == FeedSource.Kind.URL:
                parse(location)
            elif kind == FeedSource.Kind.FOLDER:
                allowed_folder(location)
        except CatalogError as error:
            self.add_error("location", error.detail)
        if kind == FeedSource.Kind.UPLOAD and given.get("every_minutes"):
            self.add_error("every_minutes", "Uploaded files cannot be fetched.")
        return given

    def save(self, commit: bool = True) -> FeedSource:
        """Fetched at the worker's next look, and then in time; its file counts as unknown."""
        source = super().save(commit=False)
        if source.kind == FeedSource.Kind.UPLOAD:
            source.location = ""
        source.next_at = timezone.now() if source.every_minutes else None
        if source.pk and "location" not in self.changed_data and source.every_minutes and source.tried_at:
            source.next_at = max(timezone.now(), source.tried_at + timedelta(minutes=source.every_minutes))
        source.etag = source.last_modified = source.digest = ""
        source.save()
        return source
