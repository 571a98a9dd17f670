"""What every process does before it can work."""

import ctypes
import os
from contextlib import suppress

# ONNX Runtime and OpenMP threads that spin while they wait make everything ten times slower on busy cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OMP_NUM_THREADS", "2")
# numpy splits even small products over threads that wait for each other: a filtered search took three times the time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

M_ARENA_MAX = -8  # malloc.h
MALLOC_ARENAS = 2
# glibc gives every thread a heap of its own and keeps what was freed in it: the web server's memory doubled with 18.
with suppress(OSError, AttributeError):  # another libc has no such habit
    ctypes.CDLL("libc.so.6").mallopt(M_ARENA_MAX, MALLOC_ARENAS)


def start_database() -> None:
    """Start the embedded PostgreSQL if the settings ask for one."""
    from django.conf import settings

    from webapp import embedded

    if settings.EMBEDDED_POSTGRES:
        embedded.ensure_running(settings.EMBEDDED_POSTGRES, settings.DATABASES["default"]["NAME"])
