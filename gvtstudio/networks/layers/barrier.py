"""Layers that need to know something of the whole volume.

All that such a layer needs is a sum over voxels. Sums of tiles add up to the sum of the volume, so
a volume of any size can be cut into tiles: one pass collects the sums, the next one uses them
(DESIGN, idea 2).
"""

from torch import Tensor, nn


class Barrier(nn.Module):
    """``forward(x)`` sums over ``x`` itself; ``forward(x, sums)`` over what the sums came from."""

    def sums(self, x: Tensor) -> Tensor:
        """``(B, C, *size) → (B, …)``: additive over any division of the voxels into tiles."""
        raise NotImplementedError

    def forward(self, x: Tensor, sums: Tensor | None = None) -> Tensor:
        """The output for ``x``, which may be a tile when the sums of the whole are given.

        Args:
            x: (B, C, *size).
            sums: (B or 1, …) from :meth:`sums`, added up over the whole volume.
        """
        raise NotImplementedError
