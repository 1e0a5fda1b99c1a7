"""Which part of the space is on screen: one point and one scale for all planes of all volumes."""

from dataclasses import dataclass, replace

from gvtstudio.imaging.panel.geometry import Triple

ZOOM_STEP = 1.25
LARGEST_SCALE = 128.0
SMALLEST_PART_OF_FIT = 0.25


@dataclass(frozen=True, slots=True)
class Camera:
    """The view on all volumes.

    Args:
        centre: Point in the middle of the panes, (z, y, x).
        scale: Screen pixels per pixel width of the first volume.
        fit_scale: Scale at which everything is on screen.
        is_fitted: Whether the view follows the size of the window.
    """

    centre: Triple = (0.5, 0.5, 0.5)
    scale: float = 1.0
    fit_scale: float = 1.0
    is_fitted: bool = True

    def fitted(self, extent: Triple, scale: float) -> "Camera":
        """Everything on screen."""
        z, y, x = (length / 2 for length in extent)
        return Camera((z, y, x), scale, scale)

    def panned(self, shift: Triple, extent: Triple) -> "Camera":
        """Moved by a distance in the space, never away from the volume."""
        z, y, x = (
            min(length, max(0.0, c + d))
            for c, d, length in zip(self.centre, shift, extent, strict=True)
        )
        return replace(self, centre=(z, y, x), is_fitted=False)

    def zoomed(self, factor: float, anchor: Triple) -> "Camera":
        """Enlarged by a factor, with one point staying where it is on screen."""
        largest = max(LARGEST_SCALE, self.fit_scale)
        smallest = self.fit_scale * SMALLEST_PART_OF_FIT
        scale = min(largest, max(smallest, self.scale * factor))
        ratio = self.scale / scale
        z, y, x = (a + (c - a) * ratio for c, a in zip(self.centre, anchor, strict=True))
        return replace(self, centre=(z, y, x), scale=scale, is_fitted=False)
