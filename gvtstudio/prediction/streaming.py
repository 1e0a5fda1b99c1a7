"""A volume of any size through a network in bounded memory, exactly as if it were predicted whole.

All that tiles have to tell one another are the sums at the barriers of the network, a few
kilobytes. So the tiles are walked over once for each barrier and once more for the result
(DESIGN, idea 2). Between the passes, activations are kept in memory or on scratch disk.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from gvtstudio.imaging.open_volume import whole_box
from gvtstudio.prediction.checkpoint import Checkpoint, Note, kept_name
from gvtstudio.prediction.device import is_out_of_memory, wait_for
from gvtstudio.prediction.flow import Flow, Region
from gvtstudio.prediction.kept import IN_MEMORY, KeptTensor, Kind
from gvtstudio.prediction.passes import Pass, plan_passes, work_of
from gvtstudio.prediction.read_ahead import ReadAhead
from gvtstudio.prediction.spill_watch import SpillWatch

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
        lasting: Whether those have names and stay after an interruption.
        precision: Of the arithmetic.
        on_card: Steps among those kept that lie where the network computes, not in the computer's
            memory.
    """

    tile: tuple[int, ...]
    keep: tuple[str, ...] = ()
    scratch: tuple[str, ...] = ()
    folder: Path | None = None
    lasting: bool = False
    precision: torch.dtype = torch.float32
    on_card: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ends:
    """Where the volume comes from and where its answer goes.

    Args:
        read: Gives a region of the normalised volume, (B, C, *region); also from another thread.
        write: Takes a region of the answers, one behind the other, (B, C, *region), float32.
        report: Called with the share of the work done, 0 to 1; may raise ``Cancelled``.
        note: Hears of checkpoints; ``None`` where nobody wants to go on later.
    """

    read: Read
    write: Write
    report: Report
    note: Note | None = None


class StreamedPrediction:
    """Predicts one volume after the other with the same network and settings.

    Args:
        flow: The network, on its device.
        settings: How to cut the work.
        watch: Hears how long every tile takes; the card is waited for then.
    """

    def __init__(
        self, flow: Flow, settings: StreamSettings, watch: SpillWatch | None = None
    ) -> None:
        self._flow = flow
        self._settings = settings
        self._watch = watch
        self.smallest_tile = settings.tile

    def run(
        self,
        size: tuple[int, ...],
        ends: Ends,
        window: Region | None = None,
        start: Checkpoint | None = None,
    ) -> None:
        """Predict a volume.

        Args:
            size: Of the volume, multiples of the network's divisor.
            ends: Where it comes from and goes.
            window: Only this part is predicted, and the sums at barriers run over it alone;
                convolutions still see what lies around it. Nothing may be kept then.
            start: What is done already, in tiles of the same size.
        """
        with ReadAhead(ends.read) as ahead:
            volume = _Volume(self._flow, self._settings, size, ends, ahead, self._watch)
            volume.predict(window or whole_box(size), start or Checkpoint())
        self.smallest_tile = min(self.smallest_tile, volume.smallest_tile, key=prod)


class _Volume:
    """One volume, and what is known of it so far.

    Args:
        flow: The network.
        settings: How to cut the work.
        size: Of the volume.
        ends: Where it comes from and goes.
        ahead: Reads it.
        watch: Hears how long every tile takes.
    """

    def __init__(
        self,
        flow: Flow,
        settings: StreamSettings,
        size: tuple[int, ...],
        ends: Ends,
        ahead: ReadAhead[Tensor],
        watch: SpillWatch | None,
    ) -> None:
        self._flow = flow
        self._watch = watch
        self._settings = settings
        self._size = size
        self._ends = ends
        self._ahead = ahead
        self._passes = plan_passes(flow, settings.keep)
        self._device = next(flow.network.parameters()).device
        self._sums: dict[str, Tensor] = {}
        self._kept: dict[str, KeptTensor] = {}
        self._known = {flow.entry}
        self._next: Region | None = None
        self._done = self._part = self._told = 0.0
        self.smallest_tile = settings.tile

    def predict(self, window: Region, start: Checkpoint) -> None:
        """Walk over the tiles of a window, once for each pass."""
        tiles = tiles_of(window, self._settings.tile)
        self._sums = {name: torch.from_numpy(s).to(self._device) for name, s in start.sums.items()}
        for name, kind in start.kept.items():
            self._kept[name] = self._kept_as(name, kind, goes_on=True)
        shares = self._shares(tiles[len(tiles) // 2])
        for stage, (each, share) in enumerate(zip(self._passes, shares, strict=True)):
            begin = len(tiles) if stage < start.stage else start.tiles * (stage == start.stage)
            self._done += share * begin / len(tiles)
            self._walk(each, stage, tiles[begin:], (begin, len(tiles), share))
            self._known |= set(each.keeps)
            for name in each.frees:
                if not self._settings.lasting:
                    del self._kept[name]
        for kept in self._kept.values():
            kept.discard()

    def _walk(
        self, each: Pass, stage: int, tiles: Sequence[Region], place: tuple[int, int, float]
    ) -> None:
        """One pass over the tiles that are left.

        Args:
            each: The pass.
            stage: Its number.
            tiles: Those left.
            place: Number of the first of them, of how many, and the share of the work they are.
        """
        begin, count, share = place
        demands = self._demands(each, tiles[0]) if tiles else {}
        for number, tile in enumerate(tiles):
            self._part = share / count
            after = tiles[number + 1 : number + 2]
            coming = self._demands(each, after[0]) if after else {}
            self._next = coming.get(self._flow.entry)
            started = time.perf_counter()
            self._compute(each, tile, demands)
            if self._watch is not None:
                wait_for(self._device)
                self._watch.step(time.perf_counter() - started, self._part)
            self._done += self._part
            self._part, demands = 0.0, coming
            self._note(stage, begin + number + 1, count)
            self._report(1.0)

    def _note(self, stage: int, tiles: int, count: int) -> None:
        """Tell how far the work has come; sums are never changed, only replaced."""
        if self._ends.note is None:
            return
        stage, tiles = (stage + 1, 0) if tiles == count else (stage, tiles)
        sums = dict(self._sums)
        kept = {name: one.kind for name, one in self._kept.items() if self._settings.lasting}
        self._ends.note(
            lambda: Checkpoint(
                tile=self._settings.tile,
                stage=stage,
                tiles=tiles,
                sums={name: one.cpu().numpy() for name, one in sums.items()},
                kept=kept,
            )
        )

    def _report(self, steps: float) -> None:
        # a tile that is cut in two begins anew
        self._told = max(self._told, min(self._done + self._part * steps, 1.0))
        self._ends.report(self._told)

    def _shares(self, middle: Region) -> list[float]:
        work = work_of(self._flow, self._passes, middle, self._size)
        return [each / max(sum(work), 1) for each in work]

    def _demands(self, each: Pass, tile: Region) -> dict[str, Region]:
        return self._flow.demands(self._targets(each, tile), self._known, self._size)

    def _targets(self, each: Pass, tile: Region) -> dict[str, Region]:
        return {name: self._flow.region(name, tile) for name in (*each.targets, *each.keeps)}

    def _compute(self, each: Pass, tile: Region, demands: Mapping[str, Region]) -> None:
        results = self._results_if_they_fit(each, tile, demands)
        if results is not None:
            self._use(each, tile, results)
            return
        # sums and activations kept do not depend on the tiles: go on with smaller ones
        torch.cuda.empty_cache()
        halves = _halved(tile, self._flow.network.needs.size_divisor)
        self.smallest_tile = tuple(b - a for a, b in halves[0])
        for half in halves:
            self._compute(each, half, self._demands(each, half))

    def _results_if_they_fit(
        self, each: Pass, tile: Region, demands: Mapping[str, Region]
    ) -> dict[str, Tensor] | None:
        """``None`` where the memory ran out; only then, and when this has returned, is it free."""
        try:
            return self._results(each, tile, demands)
        except (RuntimeError, MemoryError) as error:
            divisors = self._flow.network.needs.size_divisor
            if not is_out_of_memory(error) or len(_halved(tile, divisors)) < 2:
                raise
            return None

    def _results(
        self, each: Pass, tile: Region, demands: Mapping[str, Region]
    ) -> dict[str, Tensor]:
        known: dict[str, Read] = {self._flow.entry: self._read}
        for name in self._known & self._kept.keys():
            known[name] = lambda region, kept=self._kept[name]: kept.read(region).to(self._device)  # type: ignore[misc]
        precision = self._settings.precision
        sums = {name: tensor.float() for name, tensor in self._sums.items()}
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, precision, enabled=precision.itemsize == 2),
        ):
            return self._flow.compute(
                self._targets(each, tile), known, sums, self._size, self._report, demands
            )

    def _read(self, region: Region) -> Tensor:
        values = self._ahead.read(region)
        if self._next is not None:
            self._ahead.announce(self._next)
        return values.to(self._device)

    def _use(self, each: Pass, tile: Region, results: Mapping[str, Tensor]) -> None:
        """Keep, write or sum up what came out of a tile."""
        targets = self._targets(each, tile)
        for name in each.keeps:
            self._keep(name, targets[name], results[name])
        if each.barrier is None:
            answers = [results[name].float() for name in each.targets]
            self._ends.write(targets[each.targets[0]], torch.cat(answers, 1))
            return
        barrier = self._flow.steps[each.barrier].layer
        with torch.inference_mode():
            sums = barrier.sums(results[each.targets[0]]).double()  # type: ignore[union-attr, operator]
            self._sums[each.barrier] = self._sums.get(each.barrier, 0) + sums

    def _keep(self, name: str, region: Region, values: Tensor) -> None:
        if name not in self._kept:
            extent = [b for _, b in self._flow.extent(name, self._size)]
            kind = (values.dtype, (*values.shape[:2], *extent))
            self._kept[name] = self._kept_as(name, kind, goes_on=False)
        self._kept[name].write(region, values)

    def _kept_as(self, name: str, kind: Kind, *, goes_on: bool) -> KeptTensor:
        settings = self._settings
        folder = settings.folder if name in settings.scratch else None
        file = kept_name(name) if settings.lasting else ""
        device = self._device if name in settings.on_card else IN_MEMORY
        return KeptTensor(kind, folder, file, goes_on=goes_on, device=device)


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
