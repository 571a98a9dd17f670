"""The catalog in Django's admin. Lists and forms are here; what they write goes through services and catalog/edits."""

from catalog.admin import categories, edits, images, products, sellers

__all__ = ["categories", "edits", "images", "products", "sellers"]
