"""How to cut the work so that it fits the memory and repeats as little as possible."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import torch

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.domain.errors import ResourcesMissing
from gvtstudio.imaging.open_volume import whole_box
from gvtstudio.prediction.flow import Flow, Region
from gvtstudio.prediction.passes import Pass, candidates, plan_passes, values_per_voxel, work_of
from gvtstudio.prediction.streaming import StreamSettings, tiles_of

TILES: dict[int, tuple[tuple[int, ...], ...]] = {
    3: ((32, 64, 64), (16, 64, 64), (16, 32, 32), (8, 16, 16)),
    2: ((512, 512), (256, 256), (128, 128), (64, 64), (32, 32)),
}
"""Tried in this order: the first that fits is taken. Larger ones leave the processor's cache."""
CARD_TILES: dict[int, tuple[tuple[int, ...], ...]] = {
    3: ((64, 256, 256), (32, 128, 128)),
    2: ((2048, 2048), (1024, 1024)),
}
"""Tried before those where a graphics card computes, which small tiles leave idle."""
WORTH_MEASURING: dict[int, tuple[tuple[int, ...], ...]] = {
    3: ((32, 128, 128), (32, 64, 64), (16, 64, 64)),
    2: ((1024, 1024), (512, 512), (256, 256)),
}
"""Which of them is the fastest on a processor depends on its cache."""
WORKSPACE = 1.4
"""Of a tile, against the tensors that are alive at once: what libraries take for themselves."""
SCRATCH_VALUES = 16
"""Steps with more values per voxel are computed again rather than written to disk."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a volume will be predicted, and what it takes.

    Args:
        settings: For the streamed prediction.
        memory_bytes: Most that will be in the computer's memory at once, beside the program itself.
        card_bytes: Most that will be in a graphics card's memory; 0 where the processor computes.
        scratch_bytes: Most that will be on scratch disk.
        work: Multiplications in all, halos included.
    """

    settings: StreamSettings
    memory_bytes: int
    card_bytes: int
    scratch_bytes: int
    work: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What a prediction may use.

    Args:
        memory_bytes: Of the computer's memory, beside the program itself.
        scratch_bytes: On the scratch disk; 0 where there is none.
        folder: Of the scratch disk.
        precision: Of the arithmetic.
        card_bytes: Of a graphics card's memory; ``None`` where the processor computes.
        keeps: Whether anything may be kept between the passes.
        lasting: Whether what is kept had better outlast an interruption, on scratch disk.
    """

    memory_bytes: int
    scratch_bytes: int = 0
    folder: Path | None = None
    precision: torch.dtype = torch.float32
    card_bytes: int | None = None
    keeps: bool = True
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class _Cut:
    """What one way to cut the work takes, wherever that lies which is kept.

    Args:
        passes: Over the tiles.
        tile_bytes: To compute one tile.
        moved_bytes: Of the input and of every kept step, for one tile on its way to a card.
        kept_bytes: Of every kept step as a whole.
        work: Multiplications in all.
    """

    passes: Sequence[Pass]
    tile_bytes: int
    moved_bytes: Mapping[str, int]
    kept_bytes: Mapping[str, float]
    work: int

    @property
    def all_kept(self) -> int:
        """What all kept steps take where none is removed before the end."""
        return int(sum(self.kept_bytes.values()))

    def most_kept(self, names: Iterable[str]) -> int:
        """The most that these kept steps take at once."""
        counted = set(names)
        alive = most = 0.0
        for each in self.passes:
            alive += sum(self.kept_bytes[name] for name in each.keeps if name in counted)
            most = max(most, alive)
            alive -= sum(self.kept_bytes[name] for name in each.frees if name in counted)
        return int(most)


def plan_prediction(
    flow: Flow,
    size: tuple[int, ...],
    limits: Limits,
    *,
    batch: int = 1,
    tile: tuple[int, ...] = (),
    first: tuple[int, ...] = (),
) -> Plan:
    """The cheapest way that fits.

    Args:
        flow: The network.
        size: Of the padded volume.
        limits: What may be used.
        batch: Images side by side.
        tile: Given by the user; empty to choose.
        first: Tried before all others where it is to be chosen.

    Raises:
        ResourcesMissing: Not even the smallest tile fits.
    """
    sizes = (first,) * bool(first) + _sizes(limits, len(size))
    tiles = [tile] if tile else [fitted_tile(flow.network.needs, one, size) for one in sizes]
    for one in tiles:
        plan = _with_tile(flow, size, limits, batch, one)
        if plan is not None:
            return plan
    if tile:
        raise ResourcesMissing(
            f"A tile of {' × '.join(map(str, tile))} voxels needs more memory than there is.",
            "Choose smaller tiles, or --tile auto.",
        )
    raise _too_little(_cut(flow, size, limits, batch, (tiles[-1], ())), limits)


def _too_little(least: _Cut, limits: Limits) -> ResourcesMissing:
    """Which memory is short, and what helps against it."""
    card = limits.card_bytes
    if card is not None and least.tile_bytes > card:
        return ResourcesMissing(
            f"Even the smallest tiles need {least.tile_bytes / 1e6:.0f} MB of the graphics card's "
            f"memory, and {max(card, 0) / 1e6:.0f} MB are free for them.",
            "Close other programs that use the card, or compute on the processor (--device cpu).",
        )
    needed = least.tile_bytes if card is None else max(least.moved_bytes.values())
    return ResourcesMissing(
        f"Even the smallest tiles need {needed / 1e6:.0f} MB of the computer's memory, and "
        f"{max(limits.memory_bytes, 0) / 1e6:.0f} MB are free for them.",
        "Close other programs, or allow more (--memory).",
    )


def _sizes(limits: Limits, dims: int) -> tuple[tuple[int, ...], ...]:
    return CARD_TILES[dims] * (limits.card_bytes is not None) + TILES[dims]


def fitted_tile(
    needs: PredictionNeeds, tile: Sequence[int], size: Sequence[int]
) -> tuple[int, ...]:
    """A tile in multiples of the divisor, not larger than the volume; uncut axes stay whole."""
    axes = zip(tile, size, needs.size_divisor, needs.receptive_field, strict=True)
    return tuple(n if field is None else min(max(t // d, 1) * d, n) for t, n, d, field in axes)


def _with_tile(
    flow: Flow, size: tuple[int, ...], limits: Limits, batch: int, tile: tuple[int, ...]
) -> Plan | None:
    """The plan with the least work for this tile: keep all, some, some on disk, or nothing."""
    plans = []
    for keep in _beginnings(candidates(flow) if limits.keeps else ()):
        cut = _cut(flow, size, limits, batch, (tile, keep))
        for on_card, scratch in _places(flow, keep, limits):
            lasting = limits.lasting and bool(keep) and scratch == keep
            settings = StreamSettings(
                tile, keep, scratch, limits.folder, lasting, limits.precision, on_card
            )
            plan = _plan(cut, settings, limits)
            if _fits(plan, limits):
                plans.append(plan)
    # of equal work, what can be gone on with, then what has to travel least: disk is slower than
    # memory, and memory than the card
    return min(
        plans,
        key=lambda p: (p.work, not p.settings.lasting, p.scratch_bytes, p.memory_bytes),
        default=None,
    )


def _beginnings(names: Sequence[str]) -> list[tuple[str, ...]]:
    """All of them, then without the last, and so on to none."""
    return [tuple(names[:n]) for n in range(len(names), -1, -1)]


def _places(
    flow: Flow, keep: tuple[str, ...], limits: Limits
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What of the kept may lie on the card and what on scratch disk; the rest is in memory."""
    may_be_on_disk = all(values_per_voxel(flow, name) <= SCRATCH_VALUES for name in keep)
    for card in range(len(keep) + 1) if limits.card_bytes is not None else (0,):
        for memory in range(card, len(keep) + 1) if may_be_on_disk else (len(keep),):
            yield keep[:card], keep[memory:]


def _fits(plan: Plan, limits: Limits) -> bool:
    return (
        plan.memory_bytes <= limits.memory_bytes
        and plan.card_bytes <= (limits.card_bytes or 0)
        and plan.scratch_bytes <= limits.scratch_bytes
    )


def _plan(cut: _Cut, settings: StreamSettings, limits: Limits) -> Plan:
    on_card, on_disk = set(settings.on_card), set(settings.scratch)
    in_memory = cut.most_kept(set(settings.keep) - on_card - on_disk)
    moved = max(size for name, size in cut.moved_bytes.items() if name not in on_card)
    has_card = limits.card_bytes is not None
    return Plan(
        settings,
        memory_bytes=in_memory + (moved if has_card else cut.tile_bytes),
        card_bytes=cut.tile_bytes + cut.most_kept(on_card) if has_card else 0,
        scratch_bytes=cut.all_kept if settings.lasting else cut.most_kept(on_disk),
        work=cut.work,
    )


def _cut(
    flow: Flow,
    size: tuple[int, ...],
    limits: Limits,
    batch: int,
    way: tuple[tuple[int, ...], tuple[str, ...]],
) -> _Cut:
    """What a tile takes in the hungriest pass, and all tiles together.

    Args:
        flow: The network.
        size: Of the padded volume.
        limits: What may be used.
        batch: Images side by side.
        way: The tile, and the steps kept.
    """
    tile, keep = way
    passes, tiles = plan_passes(flow, keep), tiles_of(whole_box(size), tile)
    middle = tiles[len(tiles) // 2]
    known, alive, moved = {flow.entry}, 0, dict.fromkeys((flow.entry, *keep), 0)
    for each in passes:
        targets = {name: flow.region(name, middle) for name in (*each.targets, *each.keeps)}
        demands = flow.demands(targets, known, size)
        alive = max(alive, _alive_values(flow, demands, known))
        for name in known & set(demands):
            moved[name] = max(moved[name], _values(flow, name, demands[name]))
        known |= set(each.keeps)
    value_bytes = batch * limits.precision.itemsize
    work = sum(work_of(flow, passes, middle, size)) * prod(size) // prod(b - a for a, b in middle)
    return _Cut(
        passes,
        int(WORKSPACE * alive * value_bytes),
        {name: values * value_bytes for name, values in moved.items()},
        {name: values_per_voxel(flow, name) * prod(size) * value_bytes for name in keep},
        work * batch,
    )


def _values(flow: Flow, name: str, region: Region) -> int:
    return flow.steps[name].channels * prod(b - a for a, b in region)


def _alive_values(flow: Flow, demands: Mapping[str, Region], known: set[str]) -> int:
    """The most values alive at once while steps are computed in order and freed after use."""
    left = dict.fromkeys(demands, 0)
    for name in demands:
        for source in flow.steps[name].inputs if name not in known else ():
            left[source] += 1
    values = {name: _values(flow, name, region) for name, region in demands.items()}
    alive = most = 0
    for name in flow.steps:
        if name not in demands:
            continue
        alive += values[name]
        most = max(most, alive)
        for source in flow.steps[name].inputs if name not in known else ():
            left[source] -= 1
            if not left[source]:
                alive -= values[source]
    return most
