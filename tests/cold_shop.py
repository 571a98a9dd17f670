"""`python -m tests.cold_shop`: fills the settings' database with a small shop that is all in the cold tier."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings.local")


def fill() -> None:
    from django.core.management import call_command

    from search.build.build import build
    from search.build.promote import promote
    from search.build.settle import settle
    from search.build.verify import verify
    from search.models import Bundle
    from tests.search_catalog import make_catalog

    call_command("migrate", verbosity=0)
    make_catalog()
    bundle = Bundle.objects.get()
    row = build(bundle.pk, shards=2)
    report = verify(row.pk)
    if not report.passed:
        raise SystemExit(f"the generation failed its verification: {report.reasons}")
    promote(row.pk, "test")
    settle(bundle.pk)


if __name__ == "__main__":
    django.setup()
    from webapp.start import start_database

    start_database()
    fill()
