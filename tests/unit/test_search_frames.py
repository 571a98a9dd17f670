"""Boxes as the photo page draws them."""

from decimal import Decimal

from search.types import Answer, Card, FoundObject, FoundObjects
from search.web.frames import area, frame_of, frames_of, keep_inside, named_by, nudges_of

LARGE, SMALL = (100, 100, 900, 700), (400, 300, 600, 500)


def found(*boxes, label: str = "") -> FoundObjects:
    return FoundObjects("token", 1000, 800, tuple(FoundObject(box, 0.9, label) for box in boxes), False, {})


def card(rank: int, category: str) -> Card:
    return Card(rank, rank, str(rank), "title", "brand", category, Decimal(1), "EUR", True, "", 0.5, {})


def answer(*categories: str, **understanding: str) -> Answer:
    cards = tuple(card(rank, category) for rank, category in enumerate(categories, start=1))
    return Answer("query", cards, None, understanding, False, "bundle", None, {})


def test_a_small_box_lies_above_and_the_large_one_shows_its_number_beside_it():
    large, small = frames_of(found(LARGE, SMALL))
    assert large.style.endswith("z-index:1") and small.style.endswith("z-index:2")
    assert small.dot_style == "left:50%;top:50%"
    assert large.dot_style != "left:50%;top:50%"


def test_positions_are_percent_of_the_photo():
    assert frame_of(found(), LARGE).style.startswith("left:10.00%;top:12.50%;width:80.00%;height:75.00%")
    assert frame_of(found(), LARGE).bbox == "100,100,900,700"


def test_a_thumbnail_at_the_edge_shows_no_void():
    corner = frame_of(found(), (900, 700, 1000, 800)).thumb_style
    assert corner == "width:869.6%;height:695.7%;left:-769.6%;top:-595.7%"
    assert frame_of(found(), (0, 0, 1000, 800)).thumb_style.startswith("width:125.0%;height:100.0%")


def test_a_frame_is_named_by_what_most_of_its_first_matches_are():
    tapped = frame_of(found(), LARGE, 3)
    assert tapped.heading == "Matches for object 3"
    assert named_by(answer("Sofa", "Sofa", "Bench", "Sofa"), tapped).heading == "Sofa like this"
    assert named_by(answer("Sofa", "Lamp", "Bench"), tapped).name == "Object 3"
    assert named_by(answer(), tapped).name == "Object 3"


def test_where_the_matches_do_not_agree_a_frame_is_named_by_what_the_bundle_sees():
    tapped = frame_of(found(), LARGE, 3)
    assert named_by(answer("Sofa", "Lamp", "Bench", sees="Rugs"), tapped).heading == "Rugs like this"
    assert named_by(answer("Sofa", "Sofa", "Sofa", sees="Rugs"), tapped).name == "Sofa"
    assert named_by(answer("Sofa", sees=""), tapped).name == "Object 3"


def test_the_chosen_frame_keeps_its_new_name_among_the_others():
    photo = found(LARGE, SMALL)
    chosen = named_by(answer("Sofa", "Sofa", "Sofa"), frame_of(photo, SMALL, 2))
    first, second = frames_of(photo, chosen)
    assert (first.pressed, second.pressed, second.name) == (False, True, "Sofa")


def test_nudged_frames_stay_inside_and_keep_a_size():
    photo = found()
    for start in (LARGE, (0, 0, 1000, 800), (0, 0, 3, 3), (995, 795, 1000, 800)):
        for nudge in nudges_of(photo, start):
            x1, y1, x2, y2 = map(float, nudge.bbox.split(","))
            assert 0 <= x1 < x2 <= 1000 and 0 <= y1 < y2 <= 800
    assert area(keep_inside(photo, (500, 400, 400, 300))) > 0
