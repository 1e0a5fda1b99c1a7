"""What an exporter needs to know beside the stack."""

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack
from gvtstudio.io.exports.pace import made_ahead

_MOST_PLANES_AHEAD = 8
_BYTES_AHEAD = 1 << 26


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How to write.

    Args:
        provenance: What made the stack.
        report: Called with planes written and planes in all; may raise ``Cancelled``.
        compression: Lossless packing, where the format has it.
    """

    provenance: Provenance
    report: Callable[[int, int], None]
    compression: Literal["adobe_deflate", "none"] = "adobe_deflate"


def planes(
    stack: Stack, report: Callable[[int, int], None], order: Literal["TZC", "CTZ"] = "TZC"
) -> Iterator[np.ndarray]:
    """Every plane (Y, X), the last axis of the order the fastest; read a little ahead."""
    sizes = dict(zip("TZC", stack.info.shape, strict=False))
    places = product(*(range(sizes[axis]) for axis in order))
    total = math.prod(sizes.values())

    def read(place: tuple[int, ...]) -> np.ndarray:
        index = {axis.lower(): i for axis, i in zip(order, place, strict=True)}
        region = Region.whole(stack.info.shape).only(**index)
        return np.ascontiguousarray(stack.read(region)[0, 0, 0])

    plane_bytes = max(1, stack.info.byte_count // total)
    ahead = max(1, min(_MOST_PLANES_AHEAD, _BYTES_AHEAD // plane_bytes))
    with closing(made_ahead(read, places, ahead)) as ready:
        for done, plane in enumerate(ready):
            report(done, total)
            yield plane
