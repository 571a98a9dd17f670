"""Migrations and models agree, on the real database."""

import pytest
from django.core.management import call_command
from django.db import connection

pytestmark = pytest.mark.django_db


def test_models_have_no_missing_migration():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_pgvector_is_there():
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        assert cursor.fetchone()[0] >= "0.8"
