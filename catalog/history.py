"""Who did it: the triggers that write the history read it from settings of the transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from catalog.models import Edit

SETTINGS = ("sightline.who", "sightline.what", "sightline.user", "sightline.undoes", "sightline.edit")
READ = "SELECT " + ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in SETTINGS)
WRITE = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in SETTINGS)


@contextmanager
def recorded(who: str, what: str = "", user=None, undoes: Edit | None = None) -> Iterator[None]:
    """One transaction, whose changes are one Edit. Nothing is written where nothing changes."""
    user_id = "" if user is None or user.pk is None else str(user.pk)
    with under([who[:200], what[:300], user_id, str(undoes.pk) if undoes else "", ""]):
        yield


def start_edit(who: str, what: str = "", user=None) -> Edit:
    """For work of several transactions, such as an import; each then runs in recorded_in()."""
    return Edit.objects.create(who=who[:200], what=what[:300], user=user if user and user.pk else None)


@contextmanager
def recorded_in(edit: Edit) -> Iterator[None]:
    """One transaction, whose changes belong to an Edit that has begun before."""
    with under([edit.who, edit.what, "" if edit.user_id is None else str(edit.user_id), "", str(edit.pk)]):
        yield


def by(user) -> str:
    """A person as the history names them."""
    return user.get_full_name() or user.get_username()


@contextmanager
def under(values: list[str]) -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(READ)
        before = cursor.fetchone()
        cursor.execute(WRITE, values)
        yield
        cursor.execute(WRITE, before)
