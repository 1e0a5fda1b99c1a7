"""Simulate noisy stacks with their truth."""

from pathlib import Path

import numpy as np

from gvtstudio import __version__
from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import SimulateRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.parameters import validated_values
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.domain.stack import ArrayStack, StackInfo
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.export import export_stack
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.simulation import RECIPES
from gvtstudio.simulation.pair import SimulatedPair


def run(request: SimulateRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Write ``noisy/`` and ``truth/`` with one file of the same name in each per stack.

    Raises:
        UsageError: No such recipe or parameter, or less than one stack.
        OutputUnwritable: A file exists or the folder cannot be written.
    """
    if request.count < 1:
        raise UsageError(f"{request.count} stacks cannot be simulated.", "Give one or more.")
    recipe = look_up(RECIPES, "recipe", request.recipe)
    values = validated_values(recipe.parameters, request.parameters)
    simulate = load_callable(recipe.simulate)
    written: list[Path] = []
    for i in range(request.count):
        reporter.progress("Simulating", i, request.count, "stacks")
        seed = request.seed + i
        pair = simulate(values, seed)
        provenance = Provenance(
            program=f"GVT Studio {__version__}",
            task="simulate",
            parameters={"recipe": recipe.name, "seed": seed, **values, **pair.drawn},
        )
        for kind, stack in _stacks(f"{recipe.name} {seed}", pair).items():
            path = Path(request.output_dir) / kind / f"{recipe.name}_{seed:04d}.ome.tif"
            written.append(
                export_stack(
                    stack,
                    path,
                    "ome-tiff",
                    provenance,
                    overwrite=request.overwrite,
                    report=lambda done, total: reporter.check_cancelled(),
                )
            )
    reporter.progress("Simulating", request.count, request.count, "stacks")
    return Finished(tuple(map(str, written)), tuple(inspect_stack(path) for path in written))


def _stacks(name: str, pair: SimulatedPair) -> dict[str, ArrayStack]:
    """What is written, by the name of its folder; the truth may be of another kind altogether."""
    truth_channels = pair.truth_channels or pair.channels
    truth_calibration = pair.truth_calibration or pair.calibration
    return {
        "noisy": _stack(name, pair.noisy, pair.channels, pair.calibration),
        "truth": _stack(name, pair.truth, truth_channels, truth_calibration),
    }


def _stack(
    name: str, volume: np.ndarray, channels: tuple[Channel, ...], calibration: Calibration
) -> ArrayStack:
    """Its path is a name alone: there is no file it was read from, and none to protect."""
    array = volume[None, :, None] if volume.ndim == 3 else volume[None]
    info = StackInfo(
        path=name,
        shape=array.shape,
        dtype=array.dtype.name,
        channels=channels,
        calibration=calibration,
    )
    return ArrayStack(array, info)
