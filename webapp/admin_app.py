"""Django's admin app with the office's site (webapp/admin_site.py) in place of its own."""

from django.contrib.admin.apps import AdminConfig


class OfficeAdmin(AdminConfig):
    default_site = "webapp.admin_site.OfficeSite"
