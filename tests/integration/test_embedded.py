"""The embedded PostgreSQL starts, is shared, survives kill -9, and ends with its last user."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from webapp import embedded

USER = """
import sys
from pathlib import Path
from webapp import embedded
embedded.ensure_running(Path(sys.argv[1]), "shop", durable=False)
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder():
    """A path too long for a socket, and with blanks, as some home folders have. Not pytest's tmp_path: every start of
    pytest closes that to the account that PostgreSQL runs under."""
    with tempfile.TemporaryDirectory(prefix="sightline-embedded-") as parent:
        folder = Path(parent) / ("long name " * 8).strip() / "pg"
        yield folder
        embedded.ensure_running(folder, durable=False)
        embedded.release(folder)


@pytest.fixture
def start_user(folder):
    users = []

    def start() -> subprocess.Popen:
        user = subprocess.Popen(
            [sys.executable, "-c", USER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        users.append(user)
        assert user.stdout.readline() == "up\n"
        return user

    yield start
    for user in users:
        user.stdin.close()
        user.wait()
        user.stdout.close()


def answers(folder) -> bool:
    try:
        psycopg.connect(host=str(embedded.socket_folder(folder)), user=embedded.SUPERUSER, dbname="shop").close()
    except psycopg.OperationalError:
        return False
    return True


def end(user):
    user.stdin.close()
    user.wait(120)


def server_pid(folder) -> int:
    return int((folder / "postmaster.pid").read_text().split("\n")[0])


def test_two_processes_share_one_server_and_the_last_one_stops_it(folder, start_user):
    first = start_user()
    pid = server_pid(folder)
    second = start_user()
    assert server_pid(folder) == pid
    end(first)
    assert answers(folder)
    end(second)
    assert not answers(folder)


def test_a_killed_process_is_not_counted(folder, start_user):
    first, second = start_user(), start_user()
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert answers(folder)
    end(second)
    assert not answers(folder)


def test_a_killed_server_starts_again(folder, start_user):
    end_this = start_user()
    subprocess.run(["kill", "-9", str(server_pid(folder))], check=True)
    end_this.send_signal(signal.SIGKILL)
    time.sleep(0.2)
    start_user()
    assert answers(folder)


def test_a_stale_pid_of_another_process_does_no_harm(folder, start_user):
    end(start_user())
    (folder / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n1\n5432\n\n\n\n")
    start_user()
    assert answers(folder)


def test_an_initdb_that_was_killed_is_done_again(folder, start_user):
    folder.mkdir(parents=True)
    (folder / "base").mkdir()
    (folder / "pg_hba.conf").write_text("half")
    start_user()
    assert answers(folder)
