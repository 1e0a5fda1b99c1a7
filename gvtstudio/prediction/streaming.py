"""A volume of any size through a network in bounded memory, exactly as if it were predicted whole.

All that tiles have to tell one another are the sums at the barriers of the network, a few
kilobytes. So the tiles are walked over once for each barrier and once more for the result
(DESIGN, idea 2). Between the passes, activations are kept in memory or on scratch disk.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from gvtstudio.imaging.open_volume import whole_box
from gvtstudio.prediction.device import is_out_of_memory
from gvtstudio.prediction.flow import Flow, Region
from gvtstudio.prediction.kept import KeptTensor
from gvtstudio.prediction.passes import Pass, plan_passes, work_of

Read = Callable[[Region], Tensor]
Write = Callable[[Region, Tensor], None]
Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """How the work is cut; none of it changes the result.

    Args:
        tile: Size of a tile along each axis.
        keep: Steps kept between passes.
        scratch: Steps among them that lie on disk.
        folder: For the scratch files.
        precision: Of the arithmetic.
    """

    tile: tuple[int, ...]
    keep: tuple[str, ...] = ()
    scratch: tuple[str, ...] = ()
    folder: Path | None = None
    precision: torch.dtype = torch.float32


@dataclass(slots=True)
class _State:
    """What is known of the volume so far."""

    sums: dict[str, Tensor] = field(default_factory=dict)
    kept: dict[str, KeptTensor] = field(default_factory=dict)


class StreamedPrediction:
    """Predicts one volume after the other with the same network and settings.

    Args:
        flow: The network, on its device.
        settings: How to cut the work.
    """

    def __init__(self, flow: Flow, settings: StreamSettings) -> None:
        self._flow = flow
        self._settings = settings
        self._passes = plan_passes(flow, settings.keep)
        weight = next(flow.network.parameters())
        self._device = weight.device
        self.smallest_tile = settings.tile

    def run(
        self,
        size: tuple[int, ...],
        read: Read,
        write: Write,
        report: Report,
        window: Region | None = None,
    ) -> None:
        """Predict a volume.

        Args:
            size: Of the volume, multiples of the network's divisor.
            read: Gives a region of the normalised volume, (B, C, *region).
            write: Takes a region of the answer, (B, C, *region).
            report: Called with the share of the work done, 0 to 1; may raise ``Cancelled``.
            window: Only this part is predicted, and the sums at barriers run over it alone;
                convolutions still see what lies around it. Nothing may be kept then.
        """
        state = _State()
        done = part = told = 0.0
        window = window or whole_box(size)
        tiles = list(tiles_of(window, self._settings.tile))
        shares = self._shares(tiles, size)
        volume = prod(b - a for a, b in window)

        def between(steps: float) -> None:
            nonlocal told  # a tile that is cut in two begins anew
            told = max(told, min(done + part * steps, 1.0))
            report(told)

        def compute(each: Pass, tile: Region) -> None:
            try:
                self._compute(each, tile, size, state, (read, write, between))
            except (RuntimeError, MemoryError) as error:
                # sums and activations kept do not depend on the tiles: go on with smaller ones
                halves = _halved(tile, self._flow.network.needs.size_divisor)
                if len(halves) < 2 or not is_out_of_memory(error):
                    raise
                torch.cuda.empty_cache()
                self.smallest_tile = tuple(b - a for a, b in halves[0])
                for half in halves:
                    compute(each, half)

        for each, share in zip(self._passes, shares, strict=True):
            for tile in tiles:
                part = share * prod(b - a for a, b in tile) / volume
                compute(each, tile)
                done += part
                part = 0.0
                between(1.0)
            for name in each.frees:
                del state.kept[name]

    def _shares(self, tiles: Sequence[Region], size: tuple[int, ...]) -> list[float]:
        middle = tiles[len(tiles) // 2]
        work = work_of(self._flow, self._passes, middle, size)
        return [each / max(sum(work), 1) for each in work]

    def _compute(
        self,
        each: Pass,
        tile: Region,
        size: tuple[int, ...],
        state: _State,
        ends: tuple[Read, Write, Report],
    ) -> None:
        flow, (read, write, between) = self._flow, ends
        targets = {name: flow.region(name, tile) for name in (each.target, *each.keeps)}
        known: dict[str, Read] = {flow.entry: lambda region: read(region).to(self._device)}
        for name, kept in state.kept.items():
            if name not in each.keeps:
                known[name] = lambda region, kept=kept: kept.read(region).to(self._device)  # type: ignore[misc]
        precision = self._settings.precision
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, precision, enabled=precision.itemsize == 2),
        ):
            results = flow.compute(targets, known, _precise(state.sums), size, between)
        for name in each.keeps:
            self._keep(name, targets[name], results[name], size, state)
        if each.barrier is None:
            write(targets[each.target], results[each.target])
            return
        barrier = flow.steps[each.barrier].layer
        with torch.inference_mode():
            sums = barrier.sums(results[each.target]).double()  # type: ignore[union-attr, operator]
            state.sums[each.barrier] = state.sums.get(each.barrier, 0) + sums

    def _keep(
        self, name: str, region: Region, values: Tensor, size: tuple[int, ...], state: _State
    ) -> None:
        if name not in state.kept:
            extent = [b for _, b in self._flow.extent(name, size)]
            folder = self._settings.folder if name in self._settings.scratch else None
            shape = (*values.shape[:2], *extent)
            state.kept[name] = KeptTensor(shape, values.dtype, folder)
        state.kept[name].write(region, values)


def tiles_of(window: Region, tile: tuple[int, ...]) -> list[Region]:
    """Tiles side by side that cover a window; all but the last along an axis are equal."""
    starts = [range(a, b, t) for (a, b), t in zip(window, tile, strict=True)]
    return [
        tuple((a, min(a + t, b)) for a, t, (_, b) in zip(corner, tile, window, strict=True))
        for corner in product(*starts)
    ]


def _halved(tile: Region, divisors: tuple[int, ...]) -> list[Region]:
    """The tile cut in two along its longest axis; itself where it cannot be cut."""
    lengths = [(b - a) // d for (a, b), d in zip(tile, divisors, strict=True)]
    axis = lengths.index(max(lengths))
    if lengths[axis] < 2:
        return [tile]
    a, b = tile[axis]
    middle = a + lengths[axis] // 2 * divisors[axis]
    ends = ((a, middle), (middle, b))
    return [(*tile[:axis], end, *tile[axis + 1 :]) for end in ends]


def _precise(sums: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Sums in the precision of the weights they meet."""
    return {name: tensor.float() for name, tensor in sums.items()}
