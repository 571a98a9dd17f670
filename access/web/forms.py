"""What a person says of a new token."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone

from access.scopes import scopes_of

DAYS = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "no end"))


class TokenForm(forms.Form):
    name = forms.CharField(max_length=80)
    scopes = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, error_messages={"required": "Choose what the token is for."}
    )
    days = forms.ChoiceField(choices=DAYS, required=False, initial="90")

    def __init__(self, user, *arguments, **named) -> None:
        super().__init__(*arguments, **named)
        self.fields["scopes"].choices = [(scope.name, scope.does) for scope in scopes_of(user)]

    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None
