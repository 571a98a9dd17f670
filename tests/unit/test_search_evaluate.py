"""Evaluation folders and their measures, without a database."""

import json
from types import SimpleNamespace

import pytest

from search.evaluate.ask import Reply, detector_boxes, first_right, inside
from search.evaluate.folder import NoSuchFolder, Question, Room, read_folder
from search.evaluate.measures import detection, ranking
from search.types import FoundObject, FoundObjects


@pytest.fixture
def folder(tmp_path):
    def write(*lines, rooms=None, golden=False):
        (tmp_path / "feed.csv").write_text("id\n")
        where = tmp_path / "golden" if golden else tmp_path
        where.mkdir(exist_ok=True)
        text = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        (where / "queries.jsonl").write_text("\n".join(text), encoding="utf-8")
        if rooms is not None:
            (where / "rooms.jsonl").write_text("\n".join(map(json.dumps, rooms)))
        return tmp_path

    return write


def question(right: dict, **fields) -> Question:
    return Question(**{"id": "1", "photo": "a.jpg", "text": None, "bbox": None, **fields}, right=right)


def found(*boxes, fallback=False) -> FoundObjects:
    return FoundObjects("t", 100, 100, tuple(FoundObject(box, 0.9, "") for box in boxes), fallback, {"total": 1.0})


def test_every_form_of_query_is_read_and_a_wrong_line_is_reported(folder):
    read = read_folder(
        folder(
            {"photo": "a.jpg", "product_id": "1"},
            {"photo": "a.jpg", "product_id": 2, "product_ids": ["2", "3"], "bbox": [0, 0, 9, 9], "visible": 0.7},
            {"text": "green chair", "grades": {"4": 5, "5": 0}},
            "",
            "{",
            {"photo": "a.jpg"},
            {"product_id": "1"},
            {"photo": "a.jpg", "product_id": "1", "bbox": [9, 0, 0, 9]},
            "[]",
        )
    )
    assert [each.right for each in read.questions] == [{"1": 1}, {"2": 1, "3": 1}, {"4": 5, "5": 0}]
    assert len(read.wrong_lines) == 5
    assert "line 5" in read.wrong_lines[0]
    assert read.rooms == (Room("a.jpg", ((0, 0, 9, 9),)),)


def test_rooms_of_training_and_hidden_objects_are_left_out(folder):
    rooms = [
        {"photo": "a", "split": "train", "objects": [{"bbox": [0, 0, 9, 9]}]},
        {"photo": "b", "split": "golden", "objects": [{"bbox": [0, 0, 9, 9], "visible": 0.4}, {"bbox": [1, 1, 9, 9]}]},
    ]
    read = read_folder(folder({"text": "x", "product_id": "1"}, rooms=rooms, golden=True))
    assert read.rooms == (Room("b", ((1, 1, 9, 9),)),)


def test_a_folder_without_its_files_is_refused(tmp_path):
    with pytest.raises(NoSuchFolder):
        read_folder(tmp_path)


def test_paths_out_of_the_folder_are_not_read(tmp_path):
    for photo in ("../x", "/etc/passwd", "a/../../x", "a\0b"):
        with pytest.raises(FileNotFoundError):
            inside(tmp_path, photo)


def test_a_folded_listing_counts_where_its_card_stands():
    asked = [(question({"1": 1, "2": 1}), Reply(("1", "9"), {"2": "1"}))]
    assert ranking(asked)["recall_at_10"] == 1.0
    assert first_right(Reply(("9", "1"), {"2": "1"}), question({"2": 1})) == 1


def test_a_query_without_an_answer_counts_as_a_miss():
    right, missed = (question({"1": 1}), Reply(("1",))), (question({"1": 1}), Reply(error="no box"))
    assert ranking([right, missed])["precision_at_1"] == 0.5
    assert ranking([]) | {"queries": 0} == ranking([])


def test_one_box_answers_for_one_object_only():
    one, other = (0.0, 0.0, 50.0, 50.0), (0.0, 0.0, 50.0, 40.0)
    assert detector_boxes(found((0, 0, 50, 50)), (one, other)) == {one: (0, 0, 50, 50)}


def test_detection_counts_objects_of_photos_that_cannot_be_used():
    shop = SimpleNamespace(look={"a": found((0, 0, 50, 50), (60, 60, 99, 99)), "b": "b: truncated"}.get)
    rooms = [Room("a", ((0, 0, 50, 50),)), Room("b", ((0, 0, 50, 50),))]
    figures = detection(rooms, shop)
    assert (figures["recall_at_iou50"], figures["objects"], figures["photos"]) == (0.5, 2, 2)
    assert (figures["boxes_per_photo"], figures["boxes_on_an_object"]) == (1.0, 0.5)
