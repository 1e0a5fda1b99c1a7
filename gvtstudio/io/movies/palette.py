"""At most 256 colours for all frames of a movie."""

from collections.abc import Iterable

import numpy as np
from PIL import Image

from gvtstudio.imaging.panel.painted import NOT_A_NUMBER

COLOURS = 256
_SIDE = 512


class Palette:
    """Colours, and the number of the colour of each pixel.

    Grays stay exactly as they are where the samples show nothing else, and so do other colours as
    long as the samples show no more than 256 of them; else the nearest of 256 is taken.

    Args:
        samples: Frames that show what is to come, (height, width, 3) uint8.
    """

    def __init__(self, samples: Iterable[np.ndarray]) -> None:
        seen: np.ndarray = np.empty(0, dtype=np.uint32)
        thinned = []
        for frame in samples:
            seen = np.union1d(seen, _numbers(frame))
            thinned.append(_thinned(frame))
        grays = np.arange(COLOURS, dtype=np.uint32) * 0x010101
        # a gray that no sample shows has its place all the same
        every = grays if np.isin(seen, grays).all() else seen
        self._exact = every if len(every) <= COLOURS else None
        self.colours = _nearest(thinned) if self._exact is None else _colours(every)
        self._image = Image.new("P", (1, 1))
        self._image.putpalette(self.colours.tobytes())

    def fits(self, frame: np.ndarray) -> bool:
        """Whether nothing is lost of a frame that is lost of no other."""
        return self._exact is None or bool(np.isin(_numbers(frame), self._exact).all())

    def indices(self, frame: np.ndarray) -> np.ndarray:
        """Which colour each pixel has, (height, width) uint8."""
        if self._exact is not None:
            return np.searchsorted(self._exact, _numbers(frame)).astype(np.uint8)
        image = Image.fromarray(frame).quantize(palette=self._image, dither=Image.Dither.NONE)
        return np.asarray(image)


def _nearest(frames: list[np.ndarray]) -> np.ndarray:
    """Colours that are near to all in the frames, and that of NaN, which is too rare to win."""
    picture = Image.fromarray(np.concatenate(frames))
    method = Image.Quantize.MEDIANCUT
    reduced = picture.quantize(COLOURS - 1, method, dither=Image.Dither.NONE).getpalette() or []
    return np.array([*reduced, *NOT_A_NUMBER], dtype=np.uint8).reshape(-1, 3)


def _numbers(frame: np.ndarray) -> np.ndarray:
    """Each colour as one number."""
    parts = frame.astype(np.uint32)
    return np.asarray(parts[..., 0] << 16 | parts[..., 1] << 8 | parts[..., 2])


def _colours(numbers: np.ndarray) -> np.ndarray:
    return np.stack([numbers >> 16, numbers >> 8 & 255, numbers & 255], axis=1).astype(np.uint8)


def _thinned(frame: np.ndarray) -> np.ndarray:
    """Some of the pixels, side by side as rows of one width."""
    step = max(1, min(frame.shape[:2]) // _SIDE)
    return frame[::step, ::step]
