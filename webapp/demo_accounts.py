"""Accounts to try a demo with, one for each role. Only `manage.py demo` makes them, and never in a shop for real."""

import os
import secrets
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password

from webapp.roles import OWNER, give

ACCOUNTS = {
    "owner": OWNER,
    "catalog": "catalog-admin",
    "rater-1": "rater",
    "rater-2": "rater",
    "lead": "lead",
    "operator": "operator",
}


def make_accounts(password: str) -> None:
    """Those that are missing. An account that is there keeps its password and its roles."""
    users = get_user_model().objects
    there = set(users.filter(username__in=ACCOUNTS).values_list("username", flat=True))
    kept = None
    for name in ACCOUNTS.keys() - there:
        kept = kept or make_password(password)  # slow on purpose, and the same for all
        give(users.create(username=name, password=kept), [ACCOUNTS[name]])


def password_in(path: Path) -> str:
    """The password kept in a file that only its owner reads; made on the first start."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(file, "w") as new:
        new.write(password := secrets.token_urlsafe(9))
    return password
