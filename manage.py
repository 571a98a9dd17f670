#!/usr/bin/env python
"""The command line. Starts the embedded PostgreSQL when a command needs it and no DATABASE_URL is set."""

import os
import signal
import sys

NEEDS_NO_DATABASE = {"help", "--help", "version", "--version", "check", "collectstatic", "spectacular", "demo"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings.local")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that exit handlers run and the last one stops Postgres
    from django.core.management import execute_from_command_line

    from webapp.start import start_database

    if len(sys.argv) > 1 and sys.argv[1] not in NEEDS_NO_DATABASE:
        start_database()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
