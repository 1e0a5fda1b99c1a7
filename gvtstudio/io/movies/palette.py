"""At most 256 colours for all frames of a movie."""

from collections.abc import Iterable

import numpy as np
from PIL import Image

from gvtstudio.imaging.panel.painted import NOT_A_NUMBER

COLOURS = 256
_SIDE = 512
# Of the colours that most pixels have; the others share what is left.
_MOST_FREQUENT = 224
# More colours than that in one frame are no look-up table with words on it.
_FEW = 8192


class Palette:
    """Colours, and the number of the colour of each pixel.

    Grays stay exactly as they are where the samples show nothing else, and so do other colours as
    long as the samples show no more than 256 of them. Else the nearest of 256 is taken, which for
    grays is off by one at most where they fill most of the samples.

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
        if self._exact is not None:
            # From light to dark: to Pillow a table from black to white is none, and it then goes on
            # in grays where a later frame has a table of its own.
            self.colours = _colours(every[::-1])
        else:
            self.colours = _chosen(np.concatenate(thinned))
        self._image = Image.new("P", (1, 1))
        self._image.putpalette(self.colours.tobytes())

    def fits(self, frame: np.ndarray) -> bool:
        """Whether nothing is lost of a frame that is lost of no other."""
        return self._exact is None or bool(np.isin(_numbers(frame), self._exact).all())

    def indices(self, frame: np.ndarray) -> np.ndarray:
        """Which colour each pixel has, (height, width) uint8."""
        if self._exact is not None:
            places = np.searchsorted(self._exact, _numbers(frame))
            return (len(self._exact) - 1 - places).astype(np.uint8)
        distinct, places = np.unique(_numbers(frame), return_inverse=True)
        if len(distinct) > _FEW:
            image = Image.fromarray(frame).quantize(palette=self._image, dither=Image.Dither.NONE)
            return np.asarray(image)
        gaps = _colours(distinct)[:, None].astype(np.int32) - self.colours
        nearest: np.ndarray = (gaps**2).sum(axis=2).argmin(axis=1).astype(np.uint8)
        return nearest[places].reshape(frame.shape[:2])


def _chosen(pixels: np.ndarray) -> np.ndarray:
    """256 colours that are near to all pixels, (n, 3), with that of NaN, too rare to win."""
    is_gray = _is_gray(pixels)
    if is_gray.mean() > 0.5:
        steps = np.rint(np.linspace(0, 255, _MOST_FREQUENT))
        frequent = np.repeat(steps[:, None], 3, axis=1)
        rest = pixels[~is_gray]
    else:
        numbers = _numbers(pixels)
        distinct, counts = np.unique(numbers, return_counts=True)
        winners = distinct[np.argsort(-counts, kind="stable")[:_MOST_FREQUENT]]
        frequent, rest = _colours(winners), pixels[~np.isin(numbers, winners)]
    others = _most_different(rest, COLOURS - 1 - _MOST_FREQUENT)
    return np.concatenate([frequent, others, [NOT_A_NUMBER]]).astype(np.uint8)


def _most_different(pixels: np.ndarray, count: int) -> np.ndarray:
    """At most so many colours that are near to all pixels, (n, 3)."""
    distinct = np.unique(_numbers(pixels))
    if len(distinct) <= count:
        return _colours(distinct)
    method = Image.Quantize.MEDIANCUT
    reduced = Image.fromarray(pixels[None]).quantize(count, method, dither=Image.Dither.NONE)
    return np.array(reduced.getpalette(), dtype=np.uint8).reshape(-1, 3)


def _is_gray(frame: np.ndarray) -> np.ndarray:
    return np.asarray((frame[..., 0] == frame[..., 1]) & (frame[..., 1] == frame[..., 2]))


def _numbers(frame: np.ndarray) -> np.ndarray:
    """Each colour as one number."""
    parts = frame.astype(np.uint32)
    return np.asarray(parts[..., 0] << 16 | parts[..., 1] << 8 | parts[..., 2])


def _colours(numbers: np.ndarray) -> np.ndarray:
    return np.stack([numbers >> 16, numbers >> 8 & 255, numbers & 255], axis=1).astype(np.uint8)


def _thinned(frame: np.ndarray) -> np.ndarray:
    """Some of the pixels, (n, 3)."""
    step = max(1, min(frame.shape[:2]) // _SIDE)
    return frame[::step, ::step].reshape(-1, 3)
