"""What a token can be allowed to do, and which permission its person needs for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    name: str
    permission: str
    does: str


SCOPES = {
    scope.name: scope
    for scope in (
        Scope("catalog:read", "catalog.manage_catalog", "Read products, offers, pictures, categories and sellers"),
        Scope("catalog:write", "catalog.manage_catalog", "Create, change and delete them"),
        Scope("imports", "catalog.manage_catalog", "Start imports, watch and stop them"),
    )
}


def scopes_of(user) -> list[Scope]:
    """What this person can hand on. One question to the database for all."""
    return [scope for scope in SCOPES.values() if user.has_perm(scope.permission)]
