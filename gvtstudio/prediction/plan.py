"""How to cut the work so that it fits the memory and repeats as little as possible."""

from collections.abc import Iterable, Mapping, Sequence
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
WORKSPACE = 1.4
"""Of a tile, against the tensors that are alive at once: what libraries take for themselves."""
SCRATCH_VALUES = 16
"""Steps with more values per voxel are computed again rather than written to disk."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a volume will be predicted, and what it takes.

    Args:
        settings: For the streamed prediction.
        memory_bytes: Most that will be in memory at once, beside the program itself.
        scratch_bytes: Most that will be on scratch disk.
        work: Multiplications in all, halos included.
    """

    settings: StreamSettings
    memory_bytes: int
    scratch_bytes: int
    work: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What a prediction may use.

    Args:
        memory_bytes: Beside the program itself.
        scratch_bytes: On the scratch disk; 0 where there is none.
        folder: Of the scratch disk.
        precision: Of the arithmetic.
    """

    memory_bytes: int
    scratch_bytes: int = 0
    folder: Path | None = None
    precision: torch.dtype = torch.float32


def plan_prediction(
    flow: Flow,
    size: tuple[int, ...],
    limits: Limits,
    *,
    batch: int = 1,
    tile: tuple[int, ...] = (),
) -> Plan:
    """The cheapest way that fits.

    Args:
        flow: The network.
        size: Of the padded volume.
        limits: What may be used.
        batch: Images side by side.
        tile: Given by the user; empty to choose.

    Raises:
        ResourcesMissing: Not even the smallest tile fits.
    """
    needs = flow.network.needs
    tiles = [tile] if tile else [fitted_tile(needs, one, size) for one in _sizes(flow, len(size))]
    for one in tiles:
        plan = _with_tile(flow, size, limits, batch, one)
        if plan is not None:
            return plan
    if tile:
        raise ResourcesMissing(
            f"A tile of {' × '.join(map(str, tile))} voxels needs more memory than there is.",
            "Choose smaller tiles, or --tile auto.",
        )
    least = _tile_bytes(flow, size, tiles[-1], plan_passes(flow, ()), limits, batch)
    raise ResourcesMissing(
        f"Even the smallest tiles need {least / 1e6:.0f} MB of memory, and "
        f"{max(limits.memory_bytes, 0) / 1e6:.0f} MB are free for them.",
        "Close other programs, or allow more (--memory).",
    )


def _sizes(flow: Flow, dims: int) -> tuple[tuple[int, ...], ...]:
    computes_on_card = next(flow.network.parameters()).device.type != "cpu"
    return CARD_TILES[dims] * computes_on_card + TILES[dims]


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
    ordered = candidates(flow)
    small = tuple(k for k in ordered if values_per_voxel(flow, k) <= SCRATCH_VALUES)
    plans = []
    for keep in [tuple(ordered[:n]) for n in range(len(ordered), -1, -1)]:
        for scratch in ((), small) if keep == small and small else ((),):
            plan = _plan(flow, size, limits, batch, StreamSettings(
                tile, keep, scratch, limits.folder, precision=limits.precision
            ))  # fmt: skip
            if plan.memory_bytes <= limits.memory_bytes and (
                not scratch or plan.scratch_bytes <= limits.scratch_bytes
            ):
                plans.append(plan)
    return min(plans, key=lambda plan: (plan.work, plan.scratch_bytes), default=None)


def _plan(
    flow: Flow, size: tuple[int, ...], limits: Limits, batch: int, settings: StreamSettings
) -> Plan:
    passes = plan_passes(flow, settings.keep)
    tiles = tiles_of(whole_box(size), settings.tile)
    middle = tiles[len(tiles) // 2]
    cut = prod(b - a for a, b in middle)
    work = sum(work_of(flow, passes, middle, size)) * prod(size) // cut
    voxel_bytes = {
        name: values_per_voxel(flow, name) * limits.precision.itemsize for name in settings.keep
    }
    on_disk = {name: b for name, b in voxel_bytes.items() if name in settings.scratch}
    in_memory = {name: b for name, b in voxel_bytes.items() if name not in settings.scratch}
    voxels = prod(size) * batch
    tile_bytes = _tile_bytes(flow, size, settings.tile, passes, limits, batch)
    return Plan(
        settings,
        memory_bytes=int(_most_alive(passes, in_memory) * voxels) + tile_bytes,
        scratch_bytes=int(_most_alive(passes, on_disk) * voxels),
        work=work * batch,
    )


def _most_alive(passes: Iterable[Pass], sizes: Mapping[str, float]) -> float:
    """The most that kept steps take at once."""
    alive = most = 0.0
    for each in passes:
        alive += sum(sizes.get(name, 0) for name in each.keeps)
        most = max(most, alive)
        alive -= sum(sizes.get(name, 0) for name in each.frees)
    return most


def _tile_bytes(
    flow: Flow,
    size: tuple[int, ...],
    tile: tuple[int, ...],
    passes: Sequence[Pass],
    limits: Limits,
    batch: int,
) -> int:
    """What computing one tile takes in the hungriest pass."""
    tiles = tiles_of(whole_box(size), tile)
    middle = tiles[len(tiles) // 2]
    known, most = {flow.entry}, 0
    for each in passes:
        targets = {name: flow.region(name, middle) for name in (each.target, *each.keeps)}
        most = max(most, _alive_values(flow, flow.demands(targets, known, size), known))
        known |= set(each.keeps)
    return int(WORKSPACE * most * batch * limits.precision.itemsize)


def _alive_values(flow: Flow, demands: Mapping[str, Region], known: set[str]) -> int:
    """The most values alive at once while steps are computed in order and freed after use."""
    left = dict.fromkeys(demands, 0)
    for name in demands:
        for source in flow.steps[name].inputs if name not in known else ():
            left[source] += 1
    values = {
        name: flow.steps[name].channels * prod(b - a for a, b in region)
        for name, region in demands.items()
    }
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
