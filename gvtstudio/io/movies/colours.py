"""Red, green and blue as films store them: brightness, and colours at half the width and height."""

import numpy as np

from gvtstudio.io.movies.macroblocks import Planes

BT_709, BT_601 = 1, 6
# weights of red and blue in the brightness
_WEIGHTS = {BT_709: (0.2126, 0.0722), BT_601: (0.299, 0.114)}
_HIGH_DEFINITION = 720


def matrix_for(height: int) -> int:
    """The matrix that players take for granted at a height, should they not look into the file."""
    return BT_709 if height >= _HIGH_DEFINITION else BT_601


def planes_of(frame: np.ndarray, matrix: int) -> Planes:
    """Brightness from 16 to 235 and colours around 128 (yuv420p).

    Args:
        frame: (height, width, 3) uint8, both even.
        matrix: One of the two numbers above.

    Example:
        >>> gray = np.full((2, 2, 3), 255, dtype=np.uint8)
        >>> [plane.tolist() for plane in planes_of(gray, BT_601)]
        [[[235, 235], [235, 235]], [[128]], [[128]]]
    """
    red_share, blue_share = _WEIGHTS[matrix]
    # rounded down after half is added; whole numbers below 2^24 are exact in float32
    values = frame.astype(np.float32)
    red, green, blue = values[..., 0], values[..., 1], values[..., 2]
    y = red_share * red + (1 - red_share - blue_share) * green + blue_share * blue
    small_y, small_red, small_blue = (_halved(part) for part in (y, red, blue))
    cb = (small_blue - small_y) * (112 / 255 / (1 - blue_share)) + 128.5
    cr = (small_red - small_y) * (112 / 255 / (1 - red_share)) + 128.5
    return (
        (y * (219 / 255) + 16.5).astype(np.uint8),
        cb.astype(np.uint8),
        cr.astype(np.uint8),
    )


def _halved(plane: np.ndarray) -> np.ndarray:
    """Means of 2 × 2 pixels."""
    down = plane[0::2] + plane[1::2]
    return np.asarray((down[:, 0::2] + down[:, 1::2]) / 4)
