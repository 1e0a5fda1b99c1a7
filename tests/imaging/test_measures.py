import numpy as np
import pytest

from gvtstudio.domain.specs import load_callable
from gvtstudio.imaging.measures import DICE, MEASURES, USUAL
from gvtstudio.imaging.metrics import Comparison
from gvtstudio.imaging.resolution import ring_correlation
from gvtstudio.imaging.spots import measure_spots
from tests import rules

VOXEL_UM = (0.3, 0.1, 0.1)


def compared(shape=(9, 40, 40), voxel_um=VOXEL_UM, mask=None) -> Comparison:
    """Two spots under noise, beside themselves without it."""
    grid = np.indices(shape).astype(float)
    truth = np.full(shape, 20.0)
    for y, x in ((12, 12), (27, 26)):
        away = ((grid[0] - shape[0] // 2) / 1.2) ** 2 + (grid[1] - y) ** 2 + (grid[2] - x) ** 2
        truth += 300 * np.exp(-away / (2 * 1.7**2))
    image = np.random.default_rng(0).poisson(truth)
    return Comparison(image, truth, "care", mask, voxel_um)


def values(name: str, comparison: Comparison) -> dict[str, float]:
    row = MEASURES[name]
    numbers = load_callable(row.compute)(comparison)
    return {column.name: n for column, n in zip(row.columns, numbers, strict=True)}


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_every_measure_has_a_finite_number_for_every_column(name):
    found = values(name, compared())
    assert np.isfinite([*found.values()]).all()
    assert MEASURES[name].name == name


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_every_measure_takes_planes_and_masks(name):
    mask = np.ones((9, 40, 40))
    mask[:, 36:] = 0
    _, plane = next(iter(compared(mask=mask).planes()))
    assert len(values(name, plane)) == len(MEASURES[name].columns)


@pytest.mark.parametrize("name", ["frc", "frc-single", "spots"])
def test_lengths_cannot_be_told_without_a_voxel_size(name):
    assert np.isnan([*values(name, compared(voxel_um=(None, None, None))).values()]).all()


@pytest.mark.parametrize("name", ["frc", "frc-single"])
def test_an_image_too_small_for_rings_has_no_resolution(name):
    small = Comparison(np.eye(12), np.eye(12)[::-1], "none", None, VOXEL_UM)
    assert np.isnan([*values(name, small).values()]).all()


def test_columns_have_names_of_their_own():
    columns = [column.name for row in MEASURES.values() for column in row.columns]
    assert len({*columns, DICE.name}) == len(columns) + 1
    assert set(USUAL) <= set(MEASURES)


def test_spots_stand_beside_those_of_the_target():
    pair = compared()
    found = values("spots", pair)
    ours, good = (measure_spots(image, VOXEL_UM) for image in (pair.image, pair.truth))
    assert found["spot_count"] == ours.number == 2
    assert found["spot_lateral_um"] == ours.lateral_um
    assert found["target_axial_um"] == good.axial_um
    assert good.lateral_um == pytest.approx(0.1 * 1.7 * 2.3548, rel=0.02)
    assert good.axial_um == pytest.approx(0.3 * 1.7 * 1.2 * 2.3548, rel=0.02)


def test_without_the_distance_of_planes_only_axial_widths_are_unknown():
    found = values("spots", compared(voxel_um=(None, 0.1, 0.1)))
    assert np.isfinite(found["spot_lateral_um"])
    assert np.isnan(found["spot_axial_um"])


def test_one_plane_as_a_volume_is_a_plane():
    found = values("spots", compared((1, 40, 40)))
    assert found["spot_count"] == 2


def test_frc_is_that_of_the_rectangle_around_a_mask():
    mask = np.zeros((9, 40, 40))
    mask[2:7, 4:30, 8:36] = 1
    pair = compared(mask=mask)
    part = (slice(2, 7), slice(4, 30), slice(8, 36))
    expected = ring_correlation(pair.image[part], pair.truth[part], (0.1, 0.1)).resolution_um
    assert values("frc", pair)["frc_um"] == expected


def test_the_table_is_read_without_what_the_measures_need(root):
    code = "import sys, gvtstudio.imaging.measures; print('skimage' in sys.modules)"
    assert rules.run_python(root, "-c", code).stdout.strip() == "False"
