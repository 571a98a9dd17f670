"""`manage.py role`: who may do what. The same can be done in the admin, under Users and Groups."""

import getpass
import secrets
import sys

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from webapp.roles import NAMES, OWNER, ROLES, give, roles_of, take
from webapp.start import start_database

User = get_user_model()


class Command(BaseCommand):
    help = "Give a user roles (the user is made where there is none), take them away, or list who has which."

    def add_arguments(self, parser):
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb, text in (("add", "give roles; makes the user"), ("remove", "take roles away")):
            one = verbs.add_parser(verb, help=text, description=described())
            one.add_argument("user")
            one.add_argument("roles", nargs="+", choices=NAMES, metavar="ROLE", help=", ".join(NAMES))
        verbs.add_parser("list", help="everybody who has a role")

    def handle(self, *, verb: str, user: str = "", roles: list[str] | None = None, **options):
        start_database()
        if verb == "list":
            return self.list()
        if verb == "add":
            person = User.objects.filter(username=user).first() or self.make(user)
            give(person, roles)
        elif (person := User.objects.filter(username=user).first()) is None:
            raise CommandError(f"There is no user {user}.")
        else:
            take(person, roles)
        self.stdout.write(f"{user}: {', '.join(roles_of(person)) or 'no role'}")

    def list(self) -> None:
        for person in User.objects.order_by("username").prefetch_related("groups"):
            if names := roles_of(person):
                self.stdout.write(f"{person}: {', '.join(names)}{'' if person.is_active else ' (closed)'}")

    @transaction.atomic
    def make(self, name: str):
        """A new user. A person is asked for the password; a script is told one."""
        person = User(username=name)
        asked = sys.stdin.isatty()
        password = ask_password(person) if asked else secrets.token_urlsafe(12)
        person.set_password(password)
        try:
            person.full_clean()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        person.save()
        self.stdout.write(f"{name} is new." if asked else f"{name} is new. Password: {password}")
        return person


def ask_password(person) -> str:
    password = getpass.getpass(f"A password for {person.username}: ")
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    if getpass.getpass("Once more: ") != password:
        raise CommandError("The two are not the same.")
    return password


def described() -> str:
    return "; ".join([f"{OWNER}: may do everything", *(f"{role.name}: {role.does}" for role in ROLES)])
