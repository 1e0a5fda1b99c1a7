"""What the discriminators see: the right planes, of the right cube, drawn by the seed alone."""

import pytest
import torch

from gvtstudio.training.planes import PLANES, SLABS, EveryPlane, Projections, views_of

CUBE = torch.arange(2 * 12 * 13 * 14, dtype=torch.float32).reshape(2, 1, 12, 13, 14)
SIZES = {"XY": (13, 14), "XZ": (12, 14), "YZ": (12, 13)}


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("plane", PLANES)
def test_athena_sees_every_plane_of_the_cube(plane: str):
    seen = EveryPlane().restored(CUBE, plane, chance())
    along = CUBE.shape[PLANES[plane]]
    assert seen.shape == (2 * along, 1, *SIZES[plane])
    for cube in range(2):
        for place in (0, along - 1):
            expected = CUBE.select(PLANES[plane], place)[cube]
            assert torch.equal(seen[cube * along + place], expected)


@pytest.mark.parametrize("plane", PLANES)
def test_apollo_sees_the_brightest_of_a_slab_of_what_was_restored(plane: str):
    views, axis = Projections(separates_axial=False), PLANES[plane]
    depths = set()
    for seed in range(60):
        seen = views.restored(CUBE, plane, chance(seed))
        assert seen.shape == (2, 1, *SIZES[plane])
        # values grow along every axis: the last plane of the slab is the brightest
        (last,) = [z for z in range(CUBE.shape[axis]) if torch.equal(seen, CUBE.select(axis, z))]
        depths.add(last)
    assert min(depths) >= SLABS[0] - 1
    assert len(depths) > 5


def test_apollo_sees_single_planes_of_what_was_measured():
    views = Projections(separates_axial=False)
    found = set()
    for seed in range(80):
        seen = views.sharp(CUBE, chance(seed))
        assert seen.shape == (2, 1, 13, 14)
        found.add(next(z for z in range(12) if torch.equal(seen, CUBE.select(2, z))))
    assert found == set(range(12))


def test_the_same_seed_shows_the_same():
    views = Projections(separates_axial=True)
    one, again, other = (views.restored(CUBE, "XZ", chance(seed)) for seed in (3, 3, 4))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_discriminators_of_each_variant():
    kinds = {
        name: sorted(set(views_of(variant, light_sheet=sheet).kinds.values()))
        for name, variant, sheet in (
            ("athena", "athena", False),
            ("apollo", "apollo", False),
            ("apollo, light sheet", "apollo", True),
        )
    }
    assert kinds["athena"] == kinds["apollo, light sheet"] == ["XY", "XZ", "YZ"]
    assert kinds["apollo"] == ["axial", "lateral"]
