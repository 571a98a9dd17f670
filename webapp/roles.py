"""The roles of those who work in the shop, each a group that is kept by every `migrate`. Anonymous shoppers need none.

A role is what its permissions allow. Groups only ever gain permissions here: what an owner adds to one stays.
"""

from dataclasses import dataclass

from django.apps import AppConfig
from django.contrib.auth.models import AbstractUser, Group, Permission
from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Role:
    """`permissions`: codes; "app.*" are all of an app. `admin`: whether Django's admin opens for it."""

    name: str
    group: str
    permissions: tuple[str, ...]
    does: str
    admin: bool = False


ROLES = (
    Role("catalog-admin", "Catalog admin", ("catalog.*",), "keeps products, feeds and pictures", admin=True),
    Role("operator", "Operator", ("search.operate_index",), "builds and switches the index"),
    Role("rater", "Rater", ("labeling.rate",), "judges results side by side"),
    Role("lead", "Labeling lead", ("labeling.lead",), "makes labeling projects and decides what raters leave open"),
)
OWNER = "owner"  # a superuser: may do all of it, and alone gives and takes roles
NAMES = (OWNER, *(role.name for role in ROLES))


def keep_groups(app_config: AppConfig, using: str, **kwargs) -> None:
    """After each migration of an app: every role has what it should of this app, as far as it exists yet."""
    for role in ROLES:
        if wanted := permissions_in(role, app_config.label):
            group, _ = Group.objects.using(using).get_or_create(name=role.group)
            group.permissions.add(*Permission.objects.using(using).filter(wanted))


def permissions_in(role: Role, label: str) -> Q | None:
    """What a role is given of one app; None where that is nothing."""
    codes = [code.partition(".")[2] for code in role.permissions if code.partition(".")[0] == label]
    if not codes:
        return None
    of_app = Q(content_type__app_label=label)
    return of_app if "*" in codes else of_app & Q(codename__in=codes)


def give(user: AbstractUser, names: list[str]) -> None:
    """Add roles to a user."""
    for role in chosen(names):
        user.groups.add(Group.objects.get_or_create(name=role.group)[0])
    user.is_superuser |= OWNER in names
    open_admin(user)


def take(user: AbstractUser, names: list[str]) -> None:
    """Take roles away; the user stays, and can still sign in."""
    user.groups.remove(*Group.objects.filter(name__in=[role.group for role in chosen(names)]))
    user.is_superuser &= OWNER not in names
    open_admin(user)


def open_admin(user: AbstractUser) -> None:
    """Django's admin asks for `is_staff` too: it follows the roles."""
    groups = [role.group for role in ROLES if role.admin]
    user.is_staff = user.is_superuser or user.groups.filter(name__in=groups).exists()
    user.save(update_fields=["is_superuser", "is_staff"])


def roles_of(user: AbstractUser) -> list[str]:
    groups = set(user.groups.values_list("name", flat=True))
    return [OWNER] * user.is_superuser + [role.name for role in ROLES if role.group in groups]


def chosen(names: list[str]) -> list[Role]:
    return [role for role in ROLES if role.name in names]
