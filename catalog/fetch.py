"""Fetch a picture from an address that a stranger gave, without letting them reach what only this machine can reach.

The name is resolved here, every address it resolves to must be public, and the connection goes to the address that was
checked: a name that changes its mind in between (DNS rebinding) gains nothing. Redirects are followed by hand, each
checked again.
"""

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin

import httpx
from django.conf import settings

from catalog.errors import FetchFailed, FetchRefused
from ml.images import MAX_BYTES

MAX_REDIRECTS = 3
CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 5
TOTAL_TIMEOUT_S = 15
FILE_TIMEOUT_S = 900
MAX_URL_LENGTH = 2000
HEADERS = {"User-Agent": "Sightline", "Accept": "image/*", "Accept-Encoding": "identity"}
FILE_HEADERS = {**HEADERS, "Accept": "text/csv, application/xml, application/zip, */*"}
NAT64 = ipaddress.ip_network("64:ff9b::/96")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """`etag` and `last_modified` as the server sent them, for the next time."""

    etag: str
    last_modified: str


def fetch_image(url: str, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes behind a public http(s) address. Whether they are a picture is for ml.images to say.

    Raises FetchRefused for an address that will never do, FetchFailed for a server that does not answer well.
    """
    deadline = time.monotonic() + TOTAL_TIMEOUT_S
    return follow(url, HEADERS, lambda response: read_body(response, max_bytes, deadline))


def fetch_file(url: str, path: Path, *, max_bytes: int, etag: str = "", last_modified: str = "") -> FetchedFile | None:
    """Write what lies behind a public http(s) address to `path`. None: it has not changed since then.

    Raises FetchRefused and FetchFailed like fetch_image.
    """
    since = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    deadline = time.monotonic() + FILE_TIMEOUT_S

    def take(response: httpx.Response) -> FetchedFile | None:
        if response.status_code == 304:
            return None
        check_status(response.status_code)
        with path.open("wb") as file:
            for block in limited_body(response, max_bytes, deadline):
                file.write(block)
        said = response.headers
        return FetchedFile(said.get("etag", "")[:300], said.get("last-modified", "")[:100])

    return follow(url, {**FILE_HEADERS, **{name: value for name, value in since.items() if value}}, take)


def follow(url: str, headers: dict[str, str], take: Callable[[httpx.Response], T]) -> T:
    """What `take` makes of the answer, after redirects; each address on the way is checked."""
    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    with httpx.Client(trust_env=False, timeout=timeout, follow_redirects=False) as client:
        for _ in range(MAX_REDIRECTS + 1):
            target, taken = fetch_once(client, parse(url), headers, take)
            if target is None:
                return taken
            url = urljoin(url, target)
    raise FetchRefused("This address redirects too often.")


def parse(url: str) -> httpx.URL:
    if len(url) > MAX_URL_LENGTH:
        raise FetchRefused("This address is too long.")
    try:
        parsed = httpx.URL(url)
        port = parsed.port
    except (httpx.InvalidURL, ValueError, TypeError):
        raise FetchRefused from None
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise FetchRefused
    if port is not None and not 0 < port < 65536:
        raise FetchRefused
    return parsed


def fetch_once(
    client: httpx.Client, url: httpx.URL, headers: dict[str, str], take: Callable[[httpx.Response], T]
) -> tuple[str | None, T | None]:
    """One request to a checked address: where a redirect points to, or what was taken."""
    address = public_address(url.host, url.port or (443 if url.scheme == "https" else 80))
    try:
        request = client.build_request(
            "GET",
            url.copy_with(host=address),
            headers={**headers, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.host},  # the certificate must be the name's, not the address's
        )
        response = client.send(request, stream=True)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        raise FetchFailed(f"The server of this address could not be reached ({type(error).__name__}).") from error
    try:
        if response.is_redirect and (target := response.headers.get("location")):
            return target, None
        return None, take(response)
    except httpx.HTTPError as error:
        raise FetchFailed(f"The server of this address stopped in the middle ({type(error).__name__}).") from error
    finally:
        response.close()


def check_status(status: int) -> None:
    if status == 429 or status >= 500:
        raise FetchFailed(f"The server of this address answered {status}.")
    if status != 200:
        raise FetchRefused(f"The server of this address answered {status}.")


def read_body(response: httpx.Response, max_bytes: int, deadline: float) -> bytes:
    check_status(response.status_code)
    return b"".join(limited_body(response, max_bytes, deadline))


def limited_body(response: httpx.Response, max_bytes: int, deadline: float) -> Iterator[bytes]:
    """The body as it was sent; a compressed one is not unpacked, so it cannot grow."""
    too_large = FetchRefused(f"What lies at this address is larger than {max_bytes // 1024 // 1024} MB.")
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > max_bytes:
        raise too_large
    size = 0
    for block in response.iter_raw():
        size += len(block)
        if size > max_bytes:
            raise too_large
        if time.monotonic() > deadline:
            raise FetchFailed("The server of this address is too slow.")
        yield block


def public_address(host: str, port: int) -> str:
    """The first address of the host; all of them must be public, for the next question may get another one."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchRefused("The name in this address is not known.") from error
    addresses = [ipaddress.ip_address(entry[4][0].split("%")[0]) for entry in found]
    if host not in settings.SIGHTLINE_FETCH_ALLOW and not all(is_public(address) for address in addresses):
        raise FetchRefused("This address leads to this machine or to a private network.")
    return str(addresses[0])


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether strangers on the internet could reach it too. Looks through addresses that wrap an IPv4 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved
