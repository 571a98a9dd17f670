from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WebappConfig(AppConfig):
    name = "webapp"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from webapp.roles import keep_groups

        post_migrate.connect(keep_groups, dispatch_uid="webapp.roles")  # after auth has made the app's permissions
