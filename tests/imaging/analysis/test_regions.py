"""Histograms and regions against NumPy and scikit-image."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from gvtstudio.domain.errors import StackUnsuitable, UsageError
from gvtstudio.imaging.analysis.regions import histograms, region_statistics
from tests.imaging.analysis.volumes_for_tests import analysed, array_stack

REGION = ((2, 9), (5, 21), (3, 25))
INSIDE = tuple(slice(*span) for span in REGION)


@pytest.fixture
def volumes():
    rng = np.random.default_rng(0)
    truth = rng.gamma(2, 100, (12, 28, 30))
    return 3 * truth + 40 + rng.normal(0, 30, truth.shape), truth


def test_numbers_of_a_region(volumes):
    found = region_statistics(analysed("roi", array_stack(volumes[0]), region=REGION))
    inside, row = volumes[0][INSIDE], found.rows[0]
    assert row["voxels"] == inside.size
    assert row["mean"] == pytest.approx(inside.mean())
    assert row["sd"] == pytest.approx(inside.std())
    assert (row["low"], row["high"]) == (inside.min(), inside.max())
    assert row["p50"] == pytest.approx(np.median(inside))
    assert row["volume"] == pytest.approx(inside.size * 0.003)
    assert found.columns[-1].label == "volume (µm³)"


def test_agreement_inside_a_region_with_care_normalisation(volumes):
    image, truth = volumes
    found = region_statistics(
        analysed("roi", array_stack(image), array_stack(truth, name="b"), region=REGION, truth=1)
    )
    low, high = np.percentile(truth[INSIDE], (0.1, 99.9))
    slope, offset = np.polyfit(image[INSIDE].ravel(), (truth[INSIDE] / (high - low)).ravel(), 1)
    fitted, scaled = slope * image + offset, truth / (high - low)
    error = np.mean((fitted[INSIDE] - scaled[INSIDE]) ** 2)
    assert found.rows[0]["psnr_db"] == pytest.approx(-10 * np.log10(error))
    level = scaled[INSIDE].mean()
    fitted, scaled = fitted - level, scaled - level
    _, similar = structural_similarity(scaled, fitted, win_size=7, data_range=1, full=True)
    # voxels less than three from the border of the stack have no whole window
    assert found.rows[0]["ssim"] == pytest.approx(similar[3:9, 5:21, 3:25].mean())
    assert found.rows[1]["psnr_db"] is None
    assert [c.label for c in found.columns if c.name == "psnr_db"] == ["PSNR (dB, care)"]


def test_a_mask_of_the_region_tells_the_same(volumes):
    stacks = [array_stack(volume, name=str(i)) for i, volume in enumerate(volumes)]
    mask = np.zeros(volumes[0].shape, np.uint8)
    mask[INSIDE] = 255
    boxed = region_statistics(analysed("roi", *stacks, region=REGION, truth=1)).rows
    masked = region_statistics(analysed("roi", *stacks, mask=array_stack(mask), truth=1)).rows
    for name in boxed[0]:
        assert boxed[0][name] == pytest.approx(masked[0][name])


def test_region_is_taken_over_by_calibration(volumes):
    fine = np.repeat(volumes[0], 3, axis=0)
    stacks = array_stack(volumes[0]), array_stack(fine, (0.1, 0.1, 0.1), "b")
    found = region_statistics(analysed("roi", *stacks, region=REGION, truth=0))
    assert found.rows[1]["voxels"] == 3 * found.rows[0]["voxels"]
    assert found.rows[1]["mean"] == pytest.approx(found.rows[0]["mean"])
    assert found.rows[1]["volume"] == pytest.approx(found.rows[0]["volume"])
    assert found.rows[1]["psnr_db"] is None
    assert "other voxels than the truth" in found.notes[0]


def test_histogram_counts_every_voxel_in_common_bins():
    rng = np.random.default_rng(1)
    one = rng.integers(10, 90, (3, 20, 20)).astype(np.uint16)
    other = rng.integers(50, 200, (3, 20, 20)).astype(np.uint16)
    found = histograms(analysed("histogram", array_stack(one), array_stack(other, name="b")))
    for volume, curve in zip((one, other), found.curves, strict=True):
        counts = np.bincount(volume.ravel(), minlength=200)
        places = np.asarray(curve.x).astype(int)
        assert np.array_equal(curve.y, counts[places])
        assert sum(curve.y) == volume.size


def test_histogram_of_a_wide_range_loses_nothing():
    volume = np.random.default_rng(2).integers(0, 65536, (2, 30, 30)).astype(np.uint16)
    found = histograms(analysed("histogram", array_stack(volume)))
    assert len(found.curves[0].x) <= 257
    assert sum(found.curves[0].y) == volume.size


def test_places_outside_and_other_masks_are_refused(volumes):
    stack = array_stack(volumes[0])
    with pytest.raises(UsageError, match="not inside"):
        analysed("roi", stack, region=((0, 13), (0, 5), (0, 5)))
    with pytest.raises(StackUnsuitable, match="different sizes"):
        analysed("roi", stack, mask=array_stack(volumes[0][1:]))
    with pytest.raises(UsageError, match="no stack 3"):
        analysed("roi", stack, truth=2)
    nothing = np.zeros(volumes[0].shape, np.uint8)
    with pytest.raises(StackUnsuitable, match="No voxel"):
        region_statistics(analysed("roi", stack, mask=array_stack(nothing)))
