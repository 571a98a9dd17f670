"""Who may enter the catalog admins' doors."""

from access.doors import may, only_with

MANAGE_CATALOG = "catalog.manage_catalog"
catalog_admins_only = only_with(MANAGE_CATALOG, home="admin:catalog_product_changelist")


def is_catalog_admin(user) -> bool:
    """Also for the user of a websocket; asks the database."""
    return may(user, MANAGE_CATALOG)
