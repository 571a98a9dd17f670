"""The few fields of the status pages. What cannot be understood counts as not asked for."""

from django import forms

from search.status.listing import BY_STATE


class FilterForm(forms.Form):
    state = forms.ChoiceField(choices=[(state, state) for state in BY_STATE], required=False)
    q = forms.CharField(max_length=200, required=False, strip=True)
    before = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def asked(self) -> dict:
        self.is_valid()
        known = self.cleaned_data
        return {"state": known.get("state", ""), "q": known.get("q", ""), "before": known.get("before")}
