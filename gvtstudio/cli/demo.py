"""Simulate a noisy stack, restore it with the bundled model, measure, and open the comparison."""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from gvtstudio.cli.console import ProgressLine, print_json, say_failure
from gvtstudio.cli.engine_process import run_in_engine
from gvtstudio.domain.figure import FigureColumn, FigureRequest
from gvtstudio.domain.job import EvaluateRequest, Request, RestoreRequest, SimulateRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.parameters import Value
from gvtstudio.engine.failures import exit_code
from gvtstudio.io.job_folder import new_job_folder
from gvtstudio.io.places import jobs_dir, user_data_dir

MODEL = "denoise-fluorescence-3d"
RECIPE = "fluorescence-cells"
SEED = 2026
SIMULATION = {"size_z": 32, "size_y": 256, "size_x": 256, "photons": 12.0}
TITLES = ("Noisy input", "Restored", "Truth")
LABELS = {"psnr_db": "PSNR (dB)", "ssim": "SSIM", "nrmse": "NRMSE"}


class DemoFailed(Exception):
    """A step did not finish; it has been said why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio demo``."""
    from gvtstudio.cli.parser import add_json_option

    parser.add_argument("--out", type=Path, help="folder of the stacks and the figure")
    parser.add_argument(
        "--headless", action="store_true", help="write the figure instead of opening the window"
    )
    parser.add_argument("--quit-after", type=float, metavar="S", help="close the window by itself")
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Do the whole way of a stack once."""
    out = (options.out or user_data_dir() / "demo").absolute()
    try:
        files, before, after = restore_simulated(out, SIMULATION)
    except DemoFailed as failed:
        return failed.code
    if options.json:
        print_json({"files": files, "before": before, "after": after, "normalisation": "care"})
    else:
        _print_table(before, after)
    return _show(files, out, options)


def restore_simulated(
    out: Path, simulation: Mapping[str, Value]
) -> tuple[tuple[str, str, str], dict[str, float], dict[str, float]]:
    """Simulate, restore and measure through the engine process.

    Args:
        out: Folder of the files.
        simulation: Parameters of the recipe.

    Returns:
        (noisy, restored, truth) files, and the measures of the noisy and of the restored stack.

    Raises:
        DemoFailed: A step did not finish.
    """
    noisy, truth = _step(
        SimulateRequest(
            recipe=RECIPE,
            output_dir=str(out),
            seed=SEED,
            parameters=dict(simulation),
            overwrite=True,
        )
    ).outputs
    (restored,) = _step(
        RestoreRequest(input=noisy, model=MODEL, output_dir=str(out / "restored"), overwrite=True)
    ).outputs
    measures = [
        _step(EvaluateRequest(restored=(image,), target=(truth,))).numbers
        for image in (noisy, restored)
    ]
    return (noisy, restored, truth), measures[0], measures[1]


def _step(request: Request) -> Finished:
    folder = new_job_folder(jobs_dir(), "demo")
    result = run_in_engine(request, folder.path, ProgressLine())
    if not isinstance(result, Finished):
        say_failure(result)
        raise DemoFailed(exit_code(result))
    folder.discard()
    return result


def _print_table(before: dict[str, float], after: dict[str, float]) -> None:
    print("Against the truth, after a least-squares fit of gain and offset (CARE):")
    print(f"{'':12}{'noisy':>10}{'restored':>10}")
    for name, label in LABELS.items():
        print(f"{label:12}{before[name]:10.3f}{after[name]:10.3f}")


def has_display() -> bool:
    """Whether a window can be shown here."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _show(files: tuple[str, str, str], out: Path, options: argparse.Namespace) -> int:
    if has_display() and not options.headless:
        from gvtstudio.ui.application import run_window

        return run_window(compare=files, quit_after_s=options.quit_after)
    figure = out / "comparison.png"
    columns = tuple(
        FigureColumn(path=path, title=title) for title, path in zip(TITLES, files, strict=True)
    )
    try:
        _step(FigureRequest(columns=columns, out=str(figure), overwrite=True))
    except DemoFailed as failed:
        return failed.code
    print(f"The comparison is in {figure}", file=sys.stderr if options.json else sys.stdout)
    return 0
