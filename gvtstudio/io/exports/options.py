"""What an exporter needs to know beside the stack."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack


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
    """Every plane (Y, X), the last axis of the order the fastest; each is read when asked for."""
    sizes = dict(zip("TZC", stack.info.shape, strict=False))
    places = product(*(range(sizes[axis]) for axis in order))
    total = math.prod(sizes.values())
    for done, place in enumerate(places):
        report(done, total)
        index = {axis.lower(): i for axis, i in zip(order, place, strict=True)}
        region = Region.whole(stack.info.shape).only(**index)
        yield np.ascontiguousarray(stack.read(region)[0, 0, 0])
