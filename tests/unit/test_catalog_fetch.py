"""The guarded fetch, against a real server on the loopback address."""

import ipaddress
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from catalog import fetch
from catalog.errors import FetchFailed, FetchRefused

PRIVATE = [
    "http://127.0.0.1/a.jpg",
    "http://localhost/a.jpg",
    "http://2130706433/a.jpg",
    "http://0x7f.1/a.jpg",
    "http://0177.0.0.1/a.jpg",
    "http://0/a.jpg",
    "http://10.1.2.3/a.jpg",
    "http://172.16.0.1/a.jpg",
    "http://192.168.1.1/a.jpg",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/a.jpg",
    "http://224.0.0.1/a.jpg",
    "http://[::1]/a.jpg",
    "http://[::ffff:127.0.0.1]/a.jpg",
    "http://[::ffff:a00:1]/a.jpg",
    "http://[fe80::1]/a.jpg",
    "http://[fd00::1]/a.jpg",
    "http://[64:ff9b::7f00:1]/a.jpg",
    "http://[2002:7f00:1::]/a.jpg",
]
NOT_FOR_US = [
    "",
    "a.jpg",
    "file:///etc/passwd",
    "ftp://example.org/a.jpg",
    "http://",
    "http://user:secret@example.org/a.jpg",
    "http://example.org:99999/",
    "http://exa mple.org/",
    "http://[::1/",
    "gopher://127.0.0.1:6379/_x",
    "http://" + "a" * 3000,
    "http://\x00example.org/",
]


class Pictures(BaseHTTPRequestHandler):
    """/ok answers a body; the other paths misbehave."""

    def do_GET(self):
        if self.path == "/away":
            return self.answer(302, b"", Location=f"http://127.0.0.2:{self.server.server_port}/ok")
        if self.path == "/loop":
            return self.answer(302, b"", Location="/loop")
        if self.path == "/once":
            return self.answer(302, b"", Location="/ok")
        if self.path == "/missing":
            return self.answer(404, b"")
        if self.path == "/broken":
            return self.answer(503, b"")
        self.answer(200, b"x" * 1000)

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def allowed(settings):
    settings.SIGHTLINE_FETCH_ALLOW = ["127.0.0.1"]


@pytest.mark.parametrize("url", PRIVATE + NOT_FOR_US)
def test_refuses_what_strangers_must_not_reach(url):
    with pytest.raises(FetchRefused):
        fetch.fetch_image(url)


def test_refuses_a_name_that_resolves_to_a_private_address(monkeypatch):
    answer = [(2, 1, 6, "", ("93.184.215.14", 80)), (2, 1, 6, "", ("10.0.0.7", 80))]
    monkeypatch.setattr(fetch.socket, "getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(FetchRefused, match="private network"):
        fetch.fetch_image("http://rebind.example.org/a.jpg")


def test_reads_the_body_also_behind_a_redirect(server, allowed):
    assert fetch.fetch_image(server + "/ok") == b"x" * 1000
    assert fetch.fetch_image(server + "/once") == b"x" * 1000


@pytest.mark.parametrize("path", ["/away", "/loop", "/missing"])
def test_refuses_private_redirects_loops_and_missing_pictures(server, allowed, path):
    with pytest.raises(FetchRefused) as refused:
        fetch.fetch_image(server + path)
    assert not isinstance(refused.value, FetchFailed)


def test_a_broken_server_may_work_later(server, allowed):
    with pytest.raises(FetchFailed):
        fetch.fetch_image(server + "/broken")


def test_reads_no_more_than_the_limit(server, allowed):
    with pytest.raises(FetchRefused, match="larger"):
        fetch.fetch_image(server + "/ok", max_bytes=999)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(address):
    assert fetch.is_public(ipaddress.ip_address(address))
