"""What an exporter needs to know beside the stack."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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


def planes(stack: Stack, report: Callable[[int, int], None]) -> Iterator[np.ndarray]:
    """Every plane (Y, X) in TZC order; each is read when it is asked for."""
    times, slices, channels = stack.info.shape[:3]
    total = times * slices * channels
    done = 0
    for t in range(times):
        for z in range(slices):
            for c in range(channels):
                report(done, total)
                region = Region.whole(stack.info.shape).only(t=t, z=z, c=c)
                yield np.ascontiguousarray(stack.read(region)[0, 0, 0])
                done += 1
