"""Patches of transmitted light and stains, some of which are missing."""

import numpy as np
import pytest
import torch

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.training.stained import (
    StainedPatches,
    StainedVolume,
    View,
    stains_of,
    validation_crops,
)

SHAPE = (6, 40, 48)
SCALE = PercentileNormalization(0.0, 2.0)
STAIN_SCALE = PercentileNormalization(1.0, 5.0)


def volume(seed: int = 0, depth: int = SHAPE[0], lacks: int | None = None) -> StainedVolume:
    """Numbers that tell where they are from; ``depth`` is that of the stains."""
    rng = np.random.default_rng(seed)
    stains = [rng.random((depth, *SHAPE[1:])).astype(np.float32) for _ in range(2)]
    known = tuple(None if n == lacks else stain for n, stain in enumerate(stains))
    image = rng.integers(0, 1000, SHAPE).astype(np.uint16)
    return StainedVolume(image, SCALE, known, (STAIN_SCALE, STAIN_SCALE))


def test_a_network_for_volumes_is_shown_the_patch_itself():
    one = volume()
    shown = View().shown(one, (1, 4, 8), (3, 16, 16))
    np.testing.assert_allclose(shown[0], one.image[1:4, 4:20, 8:24] / 2)


def test_planes_around_are_channels_and_mirrored_at_the_ends():
    one = volume()
    shown = View(planes=5).shown(one, (0, 4, 8), (2, 16, 16))
    assert shown.shape == (5, 2, 16, 16)
    scaled = one.image[:, 4:20, 8:24] / 2
    for channel, (first, second) in enumerate([(2, 1), (1, 0), (0, 1), (1, 2), (2, 3)]):
        np.testing.assert_allclose(shown[channel], scaled[[first, second]])


def test_all_planes_are_channels_where_the_stain_has_one():
    one = volume(depth=1)
    assert one.shape == (1, 40, 48)
    shown = View(planes=6).shown(one, (0, 4, 8), (1, 16, 16))
    np.testing.assert_allclose(shown[:, 0], one.image[:, 4:20, 8:24] / 2)


def test_a_window_is_shown_with_half_of_its_width_around_it():
    one = volume(depth=1)
    shown = View(planes=6, window=16).shown(one, (0, 0, 20), (1, 16, 16))
    assert shown.shape == (6, 1, 32, 32)
    wide = np.pad(one.image, ((0, 0), (8, 0), (0, 0)), "reflect")
    np.testing.assert_allclose(shown[:, 0], wide[:, :32, 12:44] / 2)


def test_stains_that_are_missing_are_no_numbers():
    stains = stains_of(volume(lacks=0), (0, 4, 8), (2, 16, 16))
    assert np.isnan(stains[0]).all()
    np.testing.assert_allclose(stains[1], (volume().stains[1][:2, 4:20, 8:24] - 1) / 4, atol=1e-6)


@pytest.mark.parametrize("view", [View(), View(planes=3, window=16)])
def test_patches_follow_from_their_number_alone(view: View):
    patch = (2, 16, 16) if not view.planes else (1, 16, 16)
    patches = StainedPatches([volume(), volume(1, lacks=1)], view, patch, seed=3)
    for number in range(12):
        drawn = [patches.draw(number, torch.Generator().manual_seed(5)) for _ in range(2)]
        for one, other in zip(*drawn, strict=True):
            torch.testing.assert_close(one, other, equal_nan=True)
        image, stains = drawn[0]
        assert stains.shape == (2, *patch)
        assert image.shape[0] == (view.planes or 1)


def test_every_voxel_is_walked_over():
    one = volume(depth=1)
    patches = StainedPatches([one], View(planes=6), (1, 16, 16), seed=0)
    seen: set[float] = set()
    for number in range(0, 2 * len(patches._walk), 2):
        _, stains = patches.draw(number, torch.Generator())
        seen |= set(stains[0].flatten().tolist())
    expected = set(STAIN_SCALE.apply(one.stains[0]).flatten().tolist())
    assert seen == expected


def test_of_volumes_the_middle_is_validated_and_of_windows_as_many_as_fit():
    (image, stains), *others = validation_crops([volume()], View(), 16)
    assert not others
    assert image.shape == (1, 1, *SHAPE)
    assert stains.shape == (1, 2, *SHAPE)
    windows = validation_crops([volume(depth=1)], View(planes=6, window=16), 16)
    assert len(windows) == 2 * 3
    assert {tuple(image.shape) for image, _ in windows} == {(1, 6, 1, 32, 32)}
    assert {tuple(stains.shape) for _, stains in windows} == {(1, 2, 1, 16, 16)}
