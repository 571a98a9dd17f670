"""The plan of the demo world: same seed, same world; nothing golden in training."""

import collections

import pytest

from ml.world.catalog import plan_catalog
from ml.world.layout import apart, footprint, shape
from ml.world.plan import plan_rooms
from ml.world.shapes import BUILDERS, build


@pytest.fixture(scope="module")
def skus():
    return plan_catalog(7)


def originals(skus):
    return [sku for sku in skus if not sku.copy_of]


def test_same_seed_gives_the_same_catalog(skus):
    assert plan_catalog(7) == skus
    assert plan_catalog(8) != skus


def looks(sku):
    return sku.category, repr(sku.params), sku.material, sku.colour, sku.legs, sku.pattern


@pytest.mark.parametrize("seed", [0, 8, 9])
def test_another_seed_gives_other_products(skus, seed):
    others = plan_catalog(seed)
    assert len(others) == len(skus)
    assert len({looks(sku) for sku in others}) == len(originals(others))
    for of in (looks, lambda sku: sku.title, lambda sku: sku.gtin):
        assert not {of(sku) for sku in skus} & {of(sku) for sku in others}


def test_golden_designs_lend_nothing_to_other_worlds(skus):
    """A part or a form that only golden designs of a category have is in no other world."""
    parts = collections.defaultdict(lambda: collections.defaultdict(set))
    for sku in skus:
        for key, value in sku.params.items():
            if not isinstance(value, float):
                parts[sku.category, key][repr(value)].add(sku.split)
    for sku in plan_catalog(8):
        for key, value in sku.params.items():
            assert isinstance(value, float) or "train" in parts[sku.category, key][repr(value)]


def test_products_of_other_worlds_can_be_built():
    for sku in originals(plan_catalog(8)):
        low, high = build(sku.category, sku.params).bounds()
        assert all(a < b for a, b in zip(low, high, strict=True))


def test_the_shop_is_as_large_as_promised(skus):
    assert len({sku.category for sku in skus}) >= 24
    assert len(originals(skus)) >= 480
    assert len({sku.id for sku in skus}) == len(skus)
    assert len([sku for sku in skus if sku.copy_of]) >= 40


def test_thirty_percent_of_families_are_golden_and_no_family_is_split(skus):
    split_of = collections.defaultdict(set)
    for sku in skus:
        split_of[sku.family].add(sku.split)
    assert all(len(splits) == 1 for splits in split_of.values())
    golden = sum(splits == {"golden"} for splits in split_of.values())
    assert 0.27 <= golden / len(split_of) <= 0.33
    assert {sku.category for sku in skus if sku.split == "golden"} == set(BUILDERS)


def test_variants_of_a_family_differ_in_looks_but_not_in_shape(skus):
    families = collections.defaultdict(list)
    for sku in originals(skus):
        families[sku.family].append(sku)
    for family in families.values():
        assert len(family) == 3
        assert all(sku.params == family[0].params for sku in family)
        assert len({tuple(sku.finishes.items()) for sku in family}) == 3
        assert len({sku.title for sku in family}) == 3


def test_copies_share_the_gtin_and_nothing_else_that_a_seller_sets(skus):
    by_id = {sku.id: sku for sku in skus}
    for sku in skus:
        if sku.copy_of:
            original = by_id[sku.copy_of]
            assert sku.gtin == original.gtin
            assert sku.seller != original.seller


def test_gtins_carry_their_check_digit(skus):
    for sku in skus[:20]:
        assert sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(sku.gtin)) % 10 == 0


def test_every_part_of_every_design_has_a_finish_and_stands_on_the_ground(skus):
    for sku in originals(skus)[::9]:
        mesh = build(sku.category, sku.params)
        assert set(mesh.roles) <= set(sku.finishes), sku.title
        low, high = mesh.bounds()
        assert -0.2 < low[2] < 0.02, sku.title  # leaves and the rays of a sun mirror hang lower
        assert (high - low).max() < 2.6


def test_rooms_hold_only_their_own_split_and_are_the_same_for_a_seed(skus):
    split_of = {sku.id: sku.split for sku in skus}
    for name, split in (("train", "train"), ("golden", "golden")):
        rooms = plan_rooms(name, 7, 3)
        assert rooms == plan_rooms.__wrapped__(name, 7, 3)
        for room in rooms:
            placed = [item.sku for item in room.items if item.sku]
            assert len(placed) >= 3
            assert {split_of[sku_id] for sku_id in placed} == {split}


def test_furniture_on_the_floor_does_not_intersect(skus):
    by_id = {sku.id: sku for sku in skus}
    exempt = {"rug", "dining chair", "bar stool", "armchair"}  # chairs may be pushed under a table
    for room in plan_rooms("train", 7, 3):
        boxes = []
        for item in room.items:
            if item.sku and item.at[2] == 0 and by_id[item.sku].category not in exempt:
                low, high, _ = shape(by_id[item.sku])
                boxes.append(footprint(low, high, item.at[0], item.at[1], item.turn, 0.0))
        assert all(apart(a, b) for k, a in enumerate(boxes) for b in boxes[k + 1 :])
