"""What every process does before it can work."""

import os

# ONNX Runtime and OpenMP threads that spin while they wait make everything ten times slower on busy cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OMP_NUM_THREADS", "2")


def start_database() -> None:
    """Start the embedded PostgreSQL if the settings ask for one."""
    from django.conf import settings

    from webapp import embedded

    if settings.EMBEDDED_POSTGRES:
        embedded.ensure_running(settings.EMBEDDED_POSTGRES, settings.DATABASES["default"]["NAME"])
