"""Clusters of intensities as a segmentation."""

import numpy as np
import pytest

from gvtstudio.imaging.clustering import mean_dice, tuned_clustering

TRUTH = np.zeros((6, 24, 24), np.uint8)
TRUTH[:, 4:20, 4:12] = 9
TRUTH[:, 4:20, 12:20] = 40


def seen(contrasts: tuple[tuple[float, ...], ...], noise: float, seed: int) -> np.ndarray:
    """(C, Z, Y, X): the brightness of the labels 0, 9 and 40 in every channel, with noise."""
    places = np.searchsorted((0, 9, 40), TRUTH)
    channels = np.stack([np.array(contrast)[places] for contrast in contrasts])
    return channels + np.random.default_rng(seed).normal(0, noise, channels.shape)


def test_what_brightness_tells_apart_is_found_with_its_own_labels():
    contrasts = ((0, 1, 2),)
    clustering = tuned_clustering([seen(contrasts, 0.1, 1)], [TRUTH])
    found = clustering.apply(seen(contrasts, 0.1, 2))
    assert set(np.unique(found)) == {0, 9, 40}
    assert mean_dice(found, TRUTH) > 0.99


def test_the_channel_that_tells_most_is_taken():
    contrasts = ((0, 0, 0), (2, 0, 1))
    clustering = tuned_clustering([seen(contrasts, 0.15, 1)], [TRUTH])
    assert clustering.channels == (1,)
    assert "channel 2" in clustering.name


def test_all_channels_are_taken_where_none_is_enough():
    contrasts = ((0, 1, 1), (0, 0, 1))
    clustering = tuned_clustering([seen(contrasts, 0.1, 1)], [TRUTH])
    assert clustering.channels == (0, 1)
    assert mean_dice(clustering.apply(seen(contrasts, 0.1, 2)), TRUTH) > 0.99


def test_noise_is_smoothed_away():
    contrasts = ((0, 1, 2),)
    clustering = tuned_clustering([seen(contrasts, 0.8, 1)], [TRUTH])
    assert clustering.sigma > 0
    rough = clustering._replace(sigma=0.0)
    image = seen(contrasts, 0.8, 2)
    assert mean_dice(clustering.apply(image), TRUTH) > mean_dice(rough.apply(image), TRUTH) + 0.1


def test_a_volume_of_fewer_values_than_clusters_is_no_harm():
    image = (TRUTH[None] > 0).astype(float)
    found = tuned_clustering([image], [TRUTH]).apply(image)
    np.testing.assert_array_equal(found == 0, TRUTH == 0)


def test_with_background_alone_there_is_nothing_to_miss():
    assert mean_dice(np.zeros(4, int), np.zeros(4, int)) == 1
    assert mean_dice(np.array([0, 1]), np.zeros(2, int)) == 0


def test_without_volumes_nothing_can_be_learned():
    with pytest.raises(ValueError, match="no volume"):
        tuned_clustering([], [])
