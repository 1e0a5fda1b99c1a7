"""Look-up tables for display, under the names Fiji uses.

To add a look-up table, add a row to ``LUTS``.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.parameters import suggest

Colour = tuple[int, int, int]


class Lut(NamedTuple):
    """A row of ``LUTS``: the title shown to the user, and what makes the (256, 3) table."""

    title: str
    make: Callable[[], np.ndarray]


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
}


@cache
def lookup_table(name: str) -> np.ndarray:
    """The table of a row of ``LUTS``, (256, 3) uint8, read-only.

    Raises:
        UsageError: There is no such row.

    Example:
        >>> lookup_table("green")[255].tolist()
        [0, 255, 0]
    """
    if name not in LUTS:
        raise UsageError(*suggest("look-up table", name, LUTS))
    table = LUTS[name].make()
    table.flags.writeable = False
    return table
