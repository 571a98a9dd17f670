"""Feeds come in every dialect."""

import pytest

from catalog.errors import FeedUnreadable
from catalog.ingest.read import MAX_FIELD_CHARS, read_feed


@pytest.fixture
def feed(tmp_path):
    def write(content: str | bytes, encoding: str = "utf-8"):
        path = tmp_path / "feed.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return list(read_feed(path))

    return write


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_finds_the_delimiter_in_the_header(feed, delimiter):
    rows = feed(f"id{delimiter}title\nA{delimiter}Sofa\n")
    assert [row.cells for row in rows] == [{"id": "A", "title": "Sofa"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_finds_the_encoding(feed, encoding):
    assert feed("id,title\nA,Möbel à 5 €\n", encoding)[0].cells["title"] == "Möbel à 5 €"


def test_header_names_are_forgiven(feed):
    rows = feed("g:ID,Image Link,item-group id,colour\nA,a.jpg,G,red\n")
    assert rows[0].cells == {"id": "A", "image_link": "a.jpg", "item_group_id": "G", "color": "red"}


def test_a_row_knows_the_line_it_begins_on(feed):
    rows = feed('id,title\nA,"two\nlines"\n\nB,Lamp\n')
    assert [(row.line, row.cells["id"]) for row in rows] == [(2, "A"), (5, "B")]


def test_broken_rows_do_not_stop_the_rest(feed):
    huge = "x" * (MAX_FIELD_CHARS + 1)
    rows = feed(f"id,title\nA\nB,Sofa,more\nC,{huge}\nD,Lamp,\n")
    assert [bool(row.broken) for row in rows] == [True, True, True, False]
    assert [row.line for row in rows] == [2, 3, 4, 5]


@pytest.mark.parametrize("content", ["", "\n", "title\nSofa\n", "id,title,Title\n", b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_refuses_what_is_no_feed(feed, content):
    with pytest.raises(FeedUnreadable):
        feed(content)
