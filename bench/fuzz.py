"""Sends seeded bad requests to a running server and counts its answers; 5xx and no answer at all are failures.

    python bench/fuzz.py http://localhost:8000 [-n 2000] [--seed 1]

Start the server with SIGHTLINE_DETECTIONS_RATE and SIGHTLINE_SEARCHES_RATE at 100000/min, or some are answered with 429
before they are looked at.
"""

import argparse
import collections
import sys

import httpx
from bad_inputs import bad_requests

TIMEOUT_S = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("-n", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    statuses: collections.Counter[str] = collections.Counter()
    failures = []
    with httpx.Client(base_url=arguments.url, timeout=TIMEOUT_S, trust_env=False) as client:
        for number, (method, path, how) in enumerate(bad_requests(arguments.seed, arguments.n)):
            status = send(client, method, path, how)
            statuses[status] += 1
            if not status.startswith(("2", "3", "4")):
                failures.append(f"request {number}: {method} {path} {status}")
        alive = client.get("/healthz").status_code == 200
    print(dict(sorted(statuses.items())))
    print(*failures[:20], sep="\n")
    print(f"{sum(statuses.values())} requests, {len(failures)} failures, server {'alive' if alive else 'DEAD'}")
    sys.exit(bool(failures) or not alive)


def send(client: httpx.Client, method: str, path: str, how: dict) -> str:
    """The status, or what went wrong on the way; `not sent` is for what httpx itself refuses to put on the wire."""
    try:
        request = client.build_request(method, path, **how)
    except (httpx.InvalidURL, ValueError, TypeError, UnicodeError):
        return "400 not sent"
    try:
        return str(client.send(request).status_code)
    except httpx.LocalProtocolError:
        return "400 not sent"
    except httpx.HTTPError as error:
        return f"no answer: {type(error).__name__}"


if __name__ == "__main__":
    main()
