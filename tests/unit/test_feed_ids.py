"""The last row of each id, kept in a file."""

from catalog.ingest.ids import find_last_rows
from catalog.ingest.read import recognise


def test_any_folder_may_hold_them(tmp_path):
    folder = tmp_path / "shop #1? 100%"
    folder.mkdir()
    (folder / "feed.csv").write_text("id,title\nA,one\nB,two\nA,three\n")
    last = find_last_rows(recognise(folder / "feed.csv"), folder / "ids")
    assert (last.rows, last.later("A", 0), last.later("A", 2), last.later("B", 1)) == (3, 4, None, None)
    last.close()
