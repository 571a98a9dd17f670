"""The office's one admin site: who may enter, and a sidebar with the doors that this person may open."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from unfold.sites import UnfoldAdminSite

from access.doors import may

CATALOG, PEOPLE = "catalog.manage_catalog", "auth.view_user"
INDEX, RATE, LEAD = "search.operate_index", "labeling.rate", "labeling.lead"


@dataclass(frozen=True, slots=True)
class Door:
    title: str
    icon: str
    url_name: str
    permissions: tuple[str, ...]


DOORS = (
    Door("Products", "inventory_2", "admin:catalog_product_changelist", (CATALOG,)),
    Door("Categories", "account_tree", "admin:catalog_category_changelist", (CATALOG,)),
    Door("Sellers", "storefront", "admin:catalog_seller_changelist", (CATALOG,)),
    Door("Pictures", "photo_library", "admin:catalog_image_changelist", (CATALOG,)),
    Door("History", "history", "admin:catalog_edit_changelist", (CATALOG,)),
    Door("Status", "monitoring", "catalog_status", (CATALOG,)),
    Door("Feeds", "upload_file", "feeds", (CATALOG,)),
    Door("Review", "fact_check", "review", (CATALOG,)),
    Door("Demand", "query_stats", "demand", (CATALOG,)),
    Door("Programs", "key", "tokens", (CATALOG,)),
    Door("Labeling", "rate_review", "labeling", (RATE, LEAD)),
    Door("Index", "database", "operator_index", (INDEX,)),
    Door("People", "group", "admin:auth_user_changelist", (PEOPLE,)),
)


class OfficeSite(UnfoldAdminSite):
    """Permissions decide who comes in, not the staff flag: whoever has something to do in here."""

    def has_permission(self, request: HttpRequest) -> bool:
        return may(request.user, CATALOG, PEOPLE)


def navigation(request: HttpRequest) -> list[dict]:
    """unfold's sidebar: one group, without doors that this installation or this person has not."""
    return [{"items": [entry(door) for door in DOORS if may_open(request.user, door)]}]


def may_open(user, door: Door) -> bool:
    return may(user, *door.permissions) and bool(address(door))


def entry(door: Door) -> dict:
    return {"title": door.title, "icon": door.icon, "link": address(door)}


def address(door: Door) -> str:
    try:
        return reverse(door.url_name)
    except NoReverseMatch:  # this part of the house is not installed
        return ""
