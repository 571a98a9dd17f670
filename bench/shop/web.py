"""A web server whose bundle has no models: only "more like this product" can be asked, with vectors that are stored.

python -m shop.web BUNDLE_ID DIM PORT, in the environment of a bench's house.
"""

import sys
from dataclasses import dataclass, field

import django
import uvicorn


@dataclass(frozen=True, slots=True)
class StandIn:
    """What the search path asks of a bundle when there is nothing to encode."""

    id: str
    dim: int
    confident: float = 0.5
    margin: float = 0.0
    reads_words: bool = False
    text_scale: float = 1.0
    card: dict = field(default_factory=dict)

    def close(self) -> None:
        pass


def main() -> None:
    bundle_id, dim, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    django.setup()
    from search import serving
    from webapp.start import start_database

    start_database()
    serving.install(StandIn(bundle_id, dim))
    uvicorn.run("webapp.asgi:application", host="127.0.0.1", port=port, lifespan="off", access_log=False)


if __name__ == "__main__":
    main()
