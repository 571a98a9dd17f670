"""Fetch a picture from an address that a stranger gave, without letting them reach what only this machine can reach.

The name is resolved here, every address it resolves to must be public, and the connection goes to the address that was
checked: a name that changes its mind in between (DNS rebinding) gains nothing. Redirects are followed by hand, each
checked again.
"""

import ipaddress
import socket
import time
from urllib.parse import urljoin

import httpx
from django.conf import settings

from catalog.errors import FetchFailed, FetchRefused
from ml.images import MAX_BYTES

MAX_REDIRECTS = 3
CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 5
TOTAL_TIMEOUT_S = 15
MAX_URL_LENGTH = 2000
HEADERS = {"User-Agent": "Sightline", "Accept": "image/*", "Accept-Encoding": "identity"}
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def fetch_image(url: str, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes behind a public http(s) address. Whether they are a picture is for ml.images to say.

    Raises FetchRefused for an address that will never do, FetchFailed for a server that does not answer well.
    """
    deadline = time.monotonic() + TOTAL_TIMEOUT_S
    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    with httpx.Client(trust_env=False, timeout=timeout, follow_redirects=False) as client:
        for _ in range(MAX_REDIRECTS + 1):
            answer = fetch_once(client, parse(url), max_bytes, deadline)
            if isinstance(answer, bytes):
                return answer
            url = urljoin(url, answer)
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


def fetch_once(client: httpx.Client, url: httpx.URL, max_bytes: int, deadline: float) -> bytes | str:
    """One request to a checked address: the body, or where a redirect points to."""
    address = public_address(url.host, url.port or (443 if url.scheme == "https" else 80))
    try:
        request = client.build_request(
            "GET",
            url.copy_with(host=address),
            headers={**HEADERS, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.host},  # the certificate must be the name's, not the address's
        )
        response = client.send(request, stream=True)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        raise FetchFailed(f"The server of this address could not be reached ({type(error).__name__}).") from error
    try:
        if response.is_redirect and (target := response.headers.get("location")):
            return target
        check_status(response.status_code)
        return read_body(response, max_bytes, deadline)
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
    """The body as it was sent; a compressed one is not unpacked, so it cannot grow."""
    too_large = FetchRefused(f"The picture at this address is larger than {max_bytes // 1024 // 1024} MB.")
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > max_bytes:
        raise too_large
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise too_large
        if time.monotonic() > deadline:
            raise FetchFailed("The server of this address is too slow.")
    return bytes(body)


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
