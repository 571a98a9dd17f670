"""Golden sets as files: named by their content, never edited."""

import json

import pytest

from ml.evaluate.golden import (
    BadGoldenSet,
    GoldenQuery,
    find_golden,
    listed,
    read_golden,
    read_photo,
    write_golden,
)
from tests.conftest import picture


def queries() -> list[GoldenQuery]:
    return [
        GoldenQuery("b", text="green chair", category="Chair", similar={"S-1": 5, "S-2": 0}),
        GoldenQuery("a", photo="upload", bbox=(1, 2, 30.004, 40), same={"S-3": 1, "S-4": 0}, similar={"S-5": 3}),
    ]


@pytest.fixture
def made(tmp_path):
    return write_golden(tmp_path, "rooms", queries(), {"a": picture(1)}, {"made_at": "2026-01-01"})


def test_the_name_is_the_content(made, tmp_path):
    again = write_golden(tmp_path, "rooms", reversed(queries()), {"a": picture(1)}, {"made_at": "2027-01-01"})
    assert (again.ref, again.about["made_at"]) == (made.ref, "2026-01-01")
    other = write_golden(tmp_path, "rooms", queries(), {"a": picture(2)}, {"made_at": "2026-02-01"})
    assert other.sha256 != made.sha256
    assert [golden.ref for golden in listed(tmp_path)] == [other.ref, made.ref]
    assert find_golden(tmp_path, "rooms") == other
    assert find_golden(tmp_path, f"rooms@{made.sha256[:8]}") == made


def test_what_is_read_is_what_was_written(made):
    first, second = made.queries
    assert (first.id, first.bbox, first.type, first.same) == ("a", (1, 2, 30, 40), "photo", {"S-3": 1, "S-4": 0})
    assert read_photo(made, first) == picture(1)
    assert (second.type, made.qrels("similar")["b"], made.judgments) == ("text", {"S-1": 5, "S-2": 0}, 5)
    assert list(made.qrels("same")) == ["a"]


def test_a_change_is_seen(made):
    path = made.folder / "queries.jsonl"
    path.chmod(0o644)
    path.write_text(path.read_text().replace("S-3", "S-9"))
    with pytest.raises(BadGoldenSet, match="was changed"):
        read_golden(made.folder)


def test_a_changed_photo_is_seen(made):
    photo = made.folder / made.queries[0].photo
    photo.chmod(0o644)
    photo.write_bytes(picture(3))
    with pytest.raises(BadGoldenSet, match="was changed"):
        read_photo(made, made.queries[0])


@pytest.mark.parametrize(
    "query",
    [
        GoldenQuery("a", similar={"x": 1}),
        GoldenQuery("a", text="chair"),
        GoldenQuery("a", text="chair", similar={"x": 6}),
        GoldenQuery("a", text="chair", same={"x": 2}),
        GoldenQuery("a", text="chair", similar={"x": 2.5}),
    ],
)
def test_what_measures_nothing_is_refused(query, tmp_path):
    with pytest.raises(BadGoldenSet):
        write_golden(tmp_path, "rooms", [query], {}, {})
    assert not list(tmp_path.iterdir())


def test_names(tmp_path, made):
    for name in ("", "Rooms", "../x", "a b", "x" * 65):
        with pytest.raises(BadGoldenSet):
            write_golden(tmp_path, name, queries(), {"a": picture(1)}, {})
    for ref in ("kitchens", "rooms@0000", "../rooms"):
        with pytest.raises(BadGoldenSet):
            find_golden(tmp_path, ref)
    (tmp_path / "rooms@broken").mkdir()
    (tmp_path / "rooms@broken" / "golden.json").write_text(json.dumps({"name": "rooms"}))
    assert [golden.ref for golden in listed(tmp_path)] == [made.ref]
