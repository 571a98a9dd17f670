"""What the embedded default knows about the machine it runs on."""

import os
import secrets
import socket
from pathlib import Path


def secret_key(path: Path) -> str:
    """The key kept in `path`, made on the first start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text()


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
