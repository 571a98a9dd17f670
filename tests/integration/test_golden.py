"""The golden set is asked of the generation that is verified, not of the one that answers shoppers."""

import json

import numpy as np
import pytest

from catalog.models import Product
from search.build.build import build
from search.build.job import folder_of
from search.build.verify import verify
from search.evaluate.pinned import golden_score
from search.models import Bundle, Generation
from search.retrieve import follow
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db


@pytest.fixture
def golden(tmp_path, settings):
    """Photos of the catalog's own pictures, and the catalog with a live generation."""
    settings.SIGHTLINE_INDEX_DIR = tmp_path / "index"
    catalog = make_catalog(6)
    root = tmp_path / "golden"
    root.mkdir()
    (root / "feed.csv").touch()
    lines = []
    for number in range(6):
        (root / f"{number}.jpg").write_bytes(catalog.picture_of(number))
        lines.append({"photo": f"{number}.jpg", "product_id": f"SKU-{number}"})
    (root / "queries.jsonl").write_text("\n".join(map(json.dumps, lines)))
    settings.SIGHTLINE_GOLDEN = str(root)
    live = build(Bundle.objects.get().pk)
    Generation.objects.filter(pk=live.pk).update(state="live")
    return root


def test_a_generation_that_answers_worse_fails(golden):
    same = build(Bundle.objects.get().pk)
    assert golden_score(golden, same.pk) == pytest.approx(1.0, abs=0.2)
    report = verify(same.pk)
    assert report.passed, report.reasons
    assert [check.name for check in report.checks][-1] == "golden set"

    worse = build(Bundle.objects.get().pk)
    products = np.fromfile(path := folder_of(worse.pk) / "shard-0000" / "product_ids.i64", np.int64)
    np.roll(products, 1).tofile(path)  # each picture leads to another product
    serving = follow.current()
    assert golden_score(golden, worse.pk) < 0.9 * golden_score(golden, same.pk)
    assert follow.current().cold == serving.cold


def test_a_golden_set_of_another_catalog_is_not_asked(golden):
    row = build(Bundle.objects.get().pk)
    for product in Product.objects.all():
        Product.objects.filter(pk=product.pk).update(sku=f"other-{product.sku}")
    assert golden_score(golden, row.pk) is None
    assert verify(row.pk).passed
