"""What the embedded default knows about the machine it runs on."""

import fcntl
import os
import secrets
import socket
from pathlib import Path


def secret_key(path: Path) -> str:
    """The key kept in `path`, made on the first start: whole or not at all, and by one of several that start."""
    if path.exists() and (key := path.read_text()):
        return key
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.with_name(path.name + ".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists() or not path.read_text():
            draft = path.with_name(path.name + ".draft")
            draft.touch(0o600)
            draft.write_text(secrets.token_urlsafe(48))
            draft.replace(path)
        return path.read_text()
    finally:
        os.close(lock)


def lan_address() -> str | None:
    """The address under which a phone on the same network reaches this machine. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return None


def addresses() -> list[str]:
    name = socket.gethostname()
    return [host for host in ("localhost", "127.0.0.1", "[::1]", name, f"{name}.local", lan_address()) if host]
