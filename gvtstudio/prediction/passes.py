"""Which passes over the tiles a network needs, and what is kept from one to the next.

Every barrier ends a pass: the tiles of its input are summed up. What later passes need of earlier
ones is kept where memory allows, else computed again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from gvtstudio.prediction.flow import Flow, Region


@dataclass(frozen=True, slots=True)
class Pass:
    """One walk over all tiles.

    Args:
        targets: Steps that are computed on every tile.
        barrier: Whose sums the one target is summed up for; ``None`` in the last pass, whose
            targets are the answers.
        keeps: Steps written down on the way.
        frees: Kept steps that nobody needs afterwards.
    """

    targets: tuple[str, ...]
    barrier: str | None
    keeps: tuple[str, ...]
    frees: tuple[str, ...]


def candidates(flow: Flow) -> list[str]:
    """Steps that a later pass needs, those with the fewest values per voxel of input first."""
    crossing = {
        source
        for step in flow.steps.values()
        for source in step.inputs
        if flow.steps[source].stage < step.stage and flow.steps[source].scale
    } - {flow.entry}
    return sorted(crossing, key=lambda name: values_per_voxel(flow, name))


def values_per_voxel(flow: Flow, name: str) -> float:
    """Values of a step's tensor per voxel of the input."""
    step = flow.steps[name]
    return step.channels * float(prod(step.scale))


def plan_passes(flow: Flow, keep: Iterable[str]) -> list[Pass]:
    """The passes of a prediction that keeps these steps."""
    summed = [(flow.steps[barrier].inputs[0],) for barrier in flow.barriers]
    kept = sorted(set(keep), key=lambda name: flow.steps[name].stage)
    used = [_read(flow, each, kept, number) for number, each in enumerate([*summed, flow.answers])]
    passes = []
    for number, targets in enumerate([*summed, flow.answers]):
        later = set().union(*used[number + 1 :])
        passes.append(
            Pass(
                targets=targets,
                barrier=flow.barriers[number] if number < len(flow.barriers) else None,
                keeps=tuple(k for k in kept if flow.steps[k].stage == number and k in later),
                frees=tuple(k for k in used[number] if k not in later),
            )
        )
    return passes


def _read(flow: Flow, targets: Sequence[str], kept: Sequence[str], number: int) -> set[str]:
    """Kept steps of earlier passes that a pass reads."""
    ready = {k for k in kept if flow.steps[k].stage < number}
    wanted = set(targets) | {k for k in kept if flow.steps[k].stage == number}
    for name in reversed(flow.steps):
        if name in wanted and name not in ready:
            wanted.update(flow.steps[name].inputs)
    return wanted & ready


def work_of(flow: Flow, passes: Sequence[Pass], tile: Region, size: tuple[int, ...]) -> list[int]:
    """Multiplications of every pass for one tile, its halo included."""
    known = {flow.entry}
    totals = []
    for each in passes:
        targets = {name: flow.region(name, tile) for name in (*each.targets, *each.keeps)}
        demands = flow.demands(targets, known, size)
        totals.append(
            sum(
                flow.steps[name].work * prod(b - a for a, b in region)
                for name, region in demands.items()
                if name not in known
            )
        )
        known |= set(each.keeps)
    return totals
