"""What tests share: a real PostgreSQL, and marks by folder so that `-m "not browser"` works."""

from pathlib import Path

import pytest
from django.conf import settings

from webapp import embedded

MARK_BY_FOLDER = {"integration": "postgres", "acceptance": "browser"}


def pytest_collection_modifyitems(items):
    for item in items:
        folder = Path(item.path).relative_to(Path(__file__).parent).parts[0]
        if mark := MARK_BY_FOLDER.get(folder):
            item.add_marker(mark)


@pytest.fixture(scope="session")
def postgres_server():
    """The test server runs; nothing of it is durable."""
    if settings.EMBEDDED_POSTGRES:
        embedded.ensure_running(settings.EMBEDDED_POSTGRES, durable=False)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres_server):
    """pytest-django calls this before it makes the test database."""
