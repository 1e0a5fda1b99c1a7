"""The classical segmentation a learned one has to beat: clusters of intensities.

k-means (Lloyd 1982) of one channel makes the variance inside the clusters small, which is what
multi-level thresholds after Otsu (1979) do; with several channels its borders are planes instead.
Every cluster is the class that most of its voxels have in the training volumes. Smoothing, channels
and the number of clusters are tuned on these as well.
"""

import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from scipy.cluster.vq import kmeans2, vq

from gvtstudio.imaging.overlap import dice_per_class

SIGMAS = (0.0, 1.0, 2.0)
CLUSTERS_PER_CLASS = (1, 2)
LEARNED_VOXELS = 20_000
"""Of all volumes together; clusters of intensities need no more."""
ROUNDS = 20
MOST_CLUSTERS = 64


class Clustering(NamedTuple):
    """A tuned one.

    Args:
        channels: Which are looked at.
        sigma: Of the Gaussian they are smoothed with, in voxels.
        centres: (clusters, channels), intensities.
        labels: Of each cluster.
    """

    channels: tuple[int, ...]
    sigma: float
    centres: np.ndarray
    labels: np.ndarray

    @property
    def name(self) -> str:
        """In words."""
        chosen = "+".join(str(channel + 1) for channel in self.channels)
        return f"k-means {len(self.centres)} of channel {chosen}, Gaussian σ {self.sigma:g}"

    def apply(self, volume: np.ndarray) -> np.ndarray:
        """The label of every voxel, (Z, Y, X), of a volume (C, Z, Y, X) on the same scale."""
        return self.labels_of(_smoothed(volume, self.sigma))

    def labels_of(self, smoothed: np.ndarray) -> np.ndarray:
        """Likewise, of a volume that is smoothed already."""
        clusters, _ = vq(_points(smoothed, self.channels), self.centres)
        labels: np.ndarray = self.labels[clusters].reshape(smoothed.shape[1:])
        return labels


def tuned_clustering(volumes: Sequence[np.ndarray], truths: Sequence[np.ndarray]) -> Clustering:
    """The clustering with the highest mean Dice coefficient on the volumes it is learned from.

    Args:
        volumes: (C, Z, Y, X) each, all on one scale.
        truths: Labels of their voxels, (Z, Y, X) each.

    Raises:
        ValueError: There is no volume.
    """
    if not volumes:
        raise ValueError("there is no volume to learn from")
    tried: list[tuple[float, Clustering]] = []
    for sigma in SIGMAS:
        smoothed = [_smoothed(volume, sigma) for volume in volumes]
        for clustering in _candidates(smoothed, truths, sigma):
            found = [clustering.labels_of(volume) for volume in smoothed]
            dice = np.mean([mean_dice(*each) for each in zip(found, truths, strict=True)])
            tried.append((float(dice), clustering))
    return max(tried, key=lambda each: each[0])[1]


def mean_dice(labels: np.ndarray, truth: np.ndarray) -> float:
    """Mean over all classes of both but the background; 1 where there is nothing else."""
    dice = dice_per_class(labels, truth)
    return float(np.mean(list(dice.values()))) if dice else 1.0


def _candidates(
    smoothed: Sequence[np.ndarray], truths: Sequence[np.ndarray], sigma: float
) -> Iterator[Clustering]:
    """Each channel by itself and all together, with several numbers of clusters."""
    truth = np.concatenate([each.ravel() for each in truths])
    chosen = np.random.default_rng(0).permutation(truth.size)[:LEARNED_VOXELS]
    labels, classes = np.unique(truth[chosen], return_inverse=True)
    every = tuple(range(len(smoothed[0])))
    sets = dict.fromkeys([*((channel,) for channel in every), every])
    for channels in sets:
        points = np.concatenate([_points(volume, channels) for volume in smoothed])[chosen]
        for share in CLUSTERS_PER_CLASS:
            count = min(share * len(labels), MOST_CLUSTERS, len(np.unique(points, axis=0)))
            with warnings.catch_warnings():
                # a cluster that loses all its voxels stays where it was, which harms nobody
                warnings.filterwarnings("ignore", message="One of the clusters is empty")
                centres, clusters = kmeans2(
                    points, count, ROUNDS, minit="++", rng=np.random.default_rng(0)
                )
            table = np.zeros((count, len(labels)), np.int64)
            np.add.at(table, (clusters, classes.ravel()), 1)
            yield Clustering(channels, sigma, centres, labels[table.argmax(1)])


def _smoothed(volume: np.ndarray, sigma: float) -> np.ndarray:
    smoothed = volume.astype(np.float32)
    if sigma:
        for channel in smoothed:
            channel[:] = ndimage.gaussian_filter(channel, sigma)
    return smoothed


def _points(volume: np.ndarray, channels: tuple[int, ...]) -> np.ndarray:
    """(voxels, channels)."""
    points: np.ndarray = np.moveaxis(volume[list(channels)], 0, -1).reshape(-1, len(channels))
    return points
