"""Look-up tables for display, under the names Fiji uses.

To add a look-up table, add a row to ``LUTS``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.parameters import suggest

Colour = tuple[int, int, int]

# With 256 colours a strong gamma would leave steps in the dark parts.
GAMMA_STEPS = 4096

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_DARK = 25


class Lut(NamedTuple):
    """A row of ``LUTS``.

    Args:
        title: Shown to the user.
        make: Makes the (256, 3) table.
        is_by_value: Whether colours name whole numbers, as of label images, whatever the limits:
            0 has the first colour, and the others come again and again.
    """

    title: str
    make: Callable[[], np.ndarray]
    is_by_value: bool = False


def _ramp(colour: Colour) -> Callable[[], np.ndarray]:
    """From black to a colour."""
    return lambda: np.rint(np.linspace((0, 0, 0), colour, 256)).astype(np.uint8)


def _from_cmap(name: str) -> Callable[[], np.ndarray]:
    """A table of the ``cmap`` collection."""

    def make() -> np.ndarray:
        from cmap import Colormap

        colours = np.asarray(Colormap(name)(np.arange(256, dtype=np.uint8)))
        return np.rint(colours[:, :3] * 255).astype(np.uint8)

    return make


def _hilo() -> np.ndarray:
    """Grays, with the lowest intensity blue and the highest red."""
    table = _ramp((255, 255, 255))()
    table[0] = (0, 0, 255)
    table[-1] = (255, 0, 0)
    return table


def _sixteen_colours() -> np.ndarray:
    """From black over blue, green, yellow and red to white in sixteen steps."""
    red = (0, 1, 1, 0, 1, 1, 1, 190, 255, 255, 255, 250, 245, 245, 222, 252)
    green = (0, 1, 1, 110, 171, 224, 254, 255, 255, 224, 141, 94, 0, 0, 180, 252)
    blue = (0, 171, 224, 255, 254, 254, 1, 0, 0, 0, 0, 0, 0, 197, 222, 252)
    return np.repeat(np.stack([red, green, blue], axis=1).astype(np.uint8), 16, axis=0)


def _glasbey() -> np.ndarray:
    """Black, and 255 colours that differ as much as 255 can."""
    table = _from_cmap("glasbey:glasbey")()
    # Dark ones would look like the ground between labels.
    is_dark = table @ _LUMINANCE < _DARK
    table[is_dark] = np.rint(table[is_dark] * 0.6 + 90)
    table[0] = (0, 0, 0)
    return table


LUTS: dict[str, Lut] = {
    "gray": Lut("Grays", _ramp((255, 255, 255))),
    "green": Lut("Green", _ramp((0, 255, 0))),
    "magenta": Lut("Magenta", _ramp((255, 0, 255))),
    "cyan": Lut("Cyan", _ramp((0, 255, 255))),
    "fire": Lut("Fire", _from_cmap("imagej:fire")),
    "ice": Lut("Ice", _from_cmap("imagej:ice")),
    "viridis": Lut("viridis", _from_cmap("bids:viridis")),
    "inferno": Lut("inferno", _from_cmap("bids:inferno")),
    "magma": Lut("magma", _from_cmap("bids:magma")),
    "hilo": Lut("HiLo", _hilo),
    "red": Lut("Red", _ramp((255, 0, 0))),
    "blue": Lut("Blue", _ramp((0, 0, 255))),
    "yellow": Lut("Yellow", _ramp((255, 255, 0))),
    "16_colors": Lut("16 colors", _sixteen_colours),
    "glasbey": Lut("glasbey (labels)", _glasbey, is_by_value=True),
}

# For numbers of either sign: light at 0, and told apart by colour-blind people.
DIVERGING: dict[str, Lut] = {
    "vik": Lut("Blue–white–red (vik)", _from_cmap("crameri:vik")),
    "prgn": Lut("Purple–white–green (PRGn)", _from_cmap("colorbrewer:PRGn")),
    "rdbu": Lut("Blue–white–red (RdBu)", _from_cmap("colorbrewer:RdBu_r")),
}
_EVERY = {**LUTS, **DIVERGING}


@cache
def lookup_table(name: str) -> np.ndarray:
    """The table of a row of ``LUTS`` or ``DIVERGING``, (256, 3) uint8, read-only.

    Raises:
        UsageError: There is no such row.

    Example:
        >>> lookup_table("green")[255].tolist()
        [0, 255, 0]
    """
    if name not in _EVERY:
        raise UsageError(*suggest("look-up table", name, LUTS))
    table = _EVERY[name].make()
    table.flags.writeable = False
    return table


@dataclass(frozen=True, slots=True)
class Colouring:
    """How intensities between the limits become colours.

    Args:
        lut: Row of ``LUTS`` or ``DIVERGING``.
        gamma: Exponent of the intensity, from 0 at the lower limit to 1 at the upper.
        is_inverted: Whether the table is turned round. Like ``gamma`` it does not touch tables
            that go by value.
    """

    lut: str = "gray"
    gamma: float = 1.0
    is_inverted: bool = False

    @property
    def is_by_value(self) -> bool:
        """Whether colours name whole numbers and limits change nothing."""
        return _EVERY[self.lut].is_by_value

    @property
    def is_linear(self) -> bool:
        """Whether equal steps of intensity are equal steps of the look-up table."""
        return self.gamma == 1.0 or self.is_by_value

    @property
    def flag(self) -> str:
        """What a reader of the image must know of its gamma; empty where there is none.

        Example:
            >>> Colouring(gamma=0.5).flag, Colouring().flag
            ('γ 0.5', '')
        """
        return "" if self.is_linear else f"γ {self.gamma:g}"

    @property
    def table(self) -> np.ndarray:
        """Colours of equal steps from the lower to the upper limit, (steps, 3) uint8."""
        return _coloured(self)


@cache
def _coloured(colouring: Colouring) -> np.ndarray:
    table = lookup_table(colouring.lut)
    if colouring.is_inverted and not colouring.is_by_value:
        table = table[::-1]
    if not colouring.is_linear:
        share = np.linspace(0, 1, GAMMA_STEPS) ** colouring.gamma
        table = table[np.rint(share * (len(table) - 1)).astype(np.intp)]
    table = np.ascontiguousarray(table)
    table.flags.writeable = False
    return table
