"""One request to one address, and what came of it. No database here: several run beside each other in threads."""

import json
import time
from dataclasses import dataclass

import httpx

from catalog.errors import FetchRefused
from catalog.fetch import parse, public_address
from catalog.webhooks.models import Delivery
from catalog.webhooks.sign import signed_headers

TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 5.0
SHOWN_BYTES = 400
HEADERS = {"User-Agent": "Sightline", "Content-Type": "application/json", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` is None where nothing was answered; `answer` is the beginning of the answer, or why there is none."""

    status: int | None
    answer: str
    took_ms: int

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def open_client() -> httpx.Client:
    """For one address after the other: making one costs more than a request does. Threads need one each."""
    timeout = httpx.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    return httpx.Client(trust_env=False, timeout=timeout, follow_redirects=False)


def send(client: httpx.Client, delivery: Delivery) -> Outcome:
    """The same rules as for pictures: a public address, checked where it is connected to. No redirect is followed."""
    began = time.monotonic()
    try:
        status, answer = post(client, delivery)
    except FetchRefused as error:
        status, answer = None, error.detail
    except (httpx.HTTPError, OSError, UnicodeError) as error:
        status, answer = None, f"There was no answer ({type(error).__name__})."
    return Outcome(status, answer, round((time.monotonic() - began) * 1000))


def post(client: httpx.Client, delivery: Delivery) -> tuple[int, str]:
    url = parse(delivery.webhook.url)
    body = body_of(delivery)
    headers = {
        **HEADERS,
        **signed_headers(delivery.webhook, f"msg_{delivery.event_id.hex}", int(time.time()), body),
        "Host": url.netloc.decode("ascii"),
    }
    address = public_address(url.host, url.port or (443 if url.scheme == "https" else 80))
    target, sni = url.copy_with(host=address), {"sni_hostname": url.host}
    with client.stream("POST", target, content=body, headers=headers, extensions=sni) as response:
        return response.status_code, beginning(response, time.monotonic() + TIMEOUT_S)


def beginning(response: httpx.Response, deadline: float) -> str:
    """Enough of the answer to see what is wrong; the rest is not read."""
    read = b""
    for chunk in response.iter_raw(SHOWN_BYTES):
        read += chunk
        if len(read) >= SHOWN_BYTES or time.monotonic() > deadline:
            break
    return read[:SHOWN_BYTES].decode("utf-8", "replace").replace("\x00", "")


def body_of(delivery: Delivery) -> bytes:
    said = {"type": delivery.type, "timestamp": delivery.created_at.isoformat(), "data": delivery.data}
    return json.dumps(said, separators=(",", ":")).encode()
