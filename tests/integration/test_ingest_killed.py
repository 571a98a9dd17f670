"""kill -9 of the worker in the middle of an import loses nothing and repeats nothing visible."""

import signal
import time

import pytest

from tests import shop as shops

PICTURES = 30
TIMEOUT_S = 240


@pytest.fixture
def own_shop(postgres_server, tmp_path):
    shop = shops.new_shop("killed", tmp_path / "var")
    yield shop
    shop.close()


def states(shop) -> dict[str, int]:
    return dict(shop.sql("SELECT status, count(*) FROM catalog_image GROUP BY status"))


def wait_for(condition, timeout_s: float = TIMEOUT_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_a_killed_worker_loses_nothing(own_shop, feed):
    rows = [
        {"id": f"P-{n}", "title": f"Product {n}", "image_link": f"p-{n}.jpg", "price": "1"} for n in range(PICTURES)
    ]
    own_shop.manage("import_feed", str(feed(rows)))
    assert states(own_shop) == {"pending": PICTURES}

    worker = own_shop.start("work")
    wait_for(lambda: states(own_shop).get("pending", 0) < PICTURES - 5)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    left = states(own_shop)
    assert left.get("pending", 0) + left.get("inspected", 0) > 0, "killed too late to show anything"

    own_shop.start("work")
    wait_for(lambda: states(own_shop) == {"indexed": PICTURES})
    wait_for(lambda: not own_shop.sql("SELECT 1 FROM procrastinate_jobs WHERE status = 'doing'"))
    assert own_shop.sql("SELECT count(*), count(DISTINCT image_id) FROM search_imagevector") == [(PICTURES, PICTURES)]
    assert own_shop.sql("SELECT 1 FROM procrastinate_jobs WHERE status = 'failed'") == []
