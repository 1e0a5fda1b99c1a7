"""The table of which brightness was predicted as which, channel by channel."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from gvtstudio.imaging.confusion import BINS, binned_confusion, row_shares
from gvtstudio.imaging.metrics import Comparison


class ConfusionTable:
    """Adds up volumes of the same channel.

    Args:
        path: Where the table is to be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._counts: dict[tuple[int, str], np.ndarray] = {}

    def add(self, channel: int, name: str, compared: Comparison) -> None:
        """Count one volume.

        Args:
            channel: From 1.
            name: Of the channel.
            compared: The volume beside its truth.
        """
        counts = binned_confusion(compared)
        known = self._counts.get((channel, name))
        self._counts[channel, name] = counts if known is None else known + counts

    def rows(self) -> Iterator[dict[str, object]]:
        """A row for every brightness of the truth: how many voxels, and the shares predicted."""
        edges = [f"{edge:.2g}" for edge in np.linspace(0, 1, BINS + 1)]
        spans = list(pairwise(edges))
        for (channel, name), counts in self._counts.items():
            for (low, high), count, shares in zip(
                spans, counts.sum(1), row_shares(counts), strict=True
            ):
                told = {
                    f"predicted {a} to {b}": "" if np.isnan(share) else round(float(share), 6)
                    for (a, b), share in zip(spans, shares, strict=True)
                }
                yield {
                    "channel": channel,
                    "name": name,
                    "true from": low,
                    "true to": high,
                    "voxels": int(count),
                    **told,
                }
