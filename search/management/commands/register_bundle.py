from django.core.management.base import BaseCommand

from search.build.register import register_bundle


class Command(BaseCommand):
    help = "Make the installed model bundle known to the index. Run it after migrate; it may be repeated."

    def handle(self, *args, **options) -> None:
        row = register_bundle()
        self.stdout.write(f"{row.pk} is {row.state}")
