"""`manage.py serve` where it is the only process, and so the one that stops PostgreSQL on its way out."""

import os
import signal
import subprocess
import sys
import tempfile
import time

import httpx
import pytest

from tests import shop as shops

TIMEOUT_S = 240
LEFT_OUT = ("DATABASE_URL", "SIGHTLINE_TEST_DATABASE", "SIGHTLINE_TEST_VAR")


@pytest.fixture
def environment():
    kept = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    with tempfile.TemporaryDirectory(prefix="sightline-serve-") as var:
        yield {**kept, "DJANGO_SETTINGS_MODULE": "webapp.settings.local", "SIGHTLINE_VAR": var}


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(shops.ROOT / "manage.py"), *arguments]


def test_it_ends_without_a_word_while_models_are_loaded(environment):
    for command in ("migrate", "register_bundle"):
        subprocess.run(manage(command), env=environment, check=True, capture_output=True, timeout=TIMEOUT_S)
    port = shops.free_port()
    server = subprocess.Popen(
        manage("serve", "--host", "127.0.0.1", "--port", str(port)),
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + TIMEOUT_S
    while not answers(f"http://127.0.0.1:{port}/healthz"):
        assert server.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    server.send_signal(signal.SIGTERM)
    said, _ = server.communicate(timeout=TIMEOUT_S)
    assert (server.returncode, said) == (143, "")


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=10, trust_env=False).is_success
    except httpx.HTTPError:
        return False
