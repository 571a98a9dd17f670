"""What the history keeps. Database triggers write it (migration 0008), so no way of writing can pass it by."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models.functions import Now
from simple_history.models import HistoricalRecords


class Edit(models.Model):
    """One thing that somebody did: a form that was saved, a bulk edit, an import. It is undone as one."""

    at = models.DateTimeField(db_default=Now(), db_index=True, editable=False)
    who = models.CharField(max_length=200, blank=True, help_text="a person, a feed or a token; empty: not known")
    what = models.CharField(max_length=300, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    undoes = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="undone_by")

    class Meta:
        verbose_name = "change"

    def __str__(self) -> str:
        return self.what or "Change"


class Recorded(models.Model):
    """Beside the row as it is now: which Edit it was, and of the fields that it changed what they held before."""

    edit = models.ForeignKey(Edit, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    before = models.JSONField(default=dict)

    class Meta:
        abstract = True


def user_of(row) -> object | None:
    return get_user_model().objects.filter(pk=row.history_user_id).first()


def set_user(row, user) -> None:
    row.history_user_id = user.pk if user else None


class TrackedFields(HistoricalRecords):
    """django-simple-history for a list of fields. Other fields of the model may come and go without touching it.

    A field that is added here needs a migration that names it in the table's trigger.
    """

    def __init__(self, *tracked: str, indexed: tuple[str, ...] = ()):
        self.tracked = tracked
        super().__init__(
            bases=(Recorded,),
            history_id_field=models.BigAutoField(),
            history_user_id_field=models.BigIntegerField(null=True),
            history_user_getter=user_of,
            history_user_setter=set_user,
            no_db_index=[name for name in tracked if name not in indexed],
        )

    def fields_included(self, model) -> list[models.Field]:
        return [field for field in model._meta.fields if field.primary_key or field.name in self.tracked]
