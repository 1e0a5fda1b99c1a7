"""Trains once for each pair, without it, and puts the scores of what was kept apart in a table."""

from pathlib import Path

import msgspec
import numpy as np

from gvtstudio.cli.console import Result, run_here, say_failure
from gvtstudio.cli.tables import aligned
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import Score
from gvtstudio.domain.specs import look_up
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.tasks import TASKS

LEAVE_OUT = "leave_out"


def train_without_each(request: TrainRequest) -> tuple[list[Result], list[str]]:
    """One model per pair; models that are there already are kept when going on after a stop.

    Args:
        request: The models are named after its model, ``<name>-without-<n>``.

    Returns:
        What became of each training, up to the first that did not finish, and the lines of the
        table.

    Raises:
        UsageError: The task knows no leaving out, or there are no pairs.
    """
    declared = {row.name for row in look_up(TASKS, "task", request.task).train_parameters}
    if LEAVE_OUT not in declared or len(request.pairs) < 2:
        raise UsageError(
            "There is nothing to leave out one by one.",
            "Give --task segmentation and at least two pairs of files.",
        )
    results: list[Result] = []
    scores: dict[str, tuple[Score, ...]] = {}
    for number, (image, _) in enumerate(request.pairs, start=1):
        fold = _fold(request, number)
        if not (request.resume and Path(fold.out).exists()):
            results.append(_trained(fold, f"without {Path(image).name}"))
            if not isinstance(results[-1], Finished):
                return results, []
        if Path(fold.out).exists():  # else the model it began with is better, and kept
            scores[Path(image).name] = read_card(Path(fold.out)).scores
    return results, _table(scores)


def _fold(request: TrainRequest, number: int) -> TrainRequest:
    out = Path(request.out)
    return msgspec.structs.replace(
        request,
        out=str(out.with_name(f"{out.stem}-without-{number}{out.suffix}")),
        parameters={**request.parameters, LEAVE_OUT: number},
    )


def _trained(request: TrainRequest, words: str) -> Result:
    folder = JobFolder(Path(request.out).with_suffix(".training"))
    result = run_here(request, folder.path, keeps_best=True)
    say_failure(result, words)
    if isinstance(result, Finished) or not folder.checkpoint_dir.exists():
        folder.forget_training()
    return result


def _table(scores: dict[str, tuple[Score, ...]]) -> list[str]:
    """A line per pair left out, and the mean with its standard deviation."""
    metrics = list(dict.fromkeys(score.metric for each in scores.values() for score in each))
    columns = [[_reached(each, metric) for each in scores.values()] for metric in metrics]
    folds = [[name, *cells] for name, *cells in zip(scores, *columns, strict=True)]
    numbers = [[float(cell) for cell in column if cell] for column in columns]
    mean = ["mean", *(f"{np.mean(column):.3f}" for column in numbers)]
    spread = ["standard deviation", *(f"{np.std(column):.3f}" for column in numbers)]
    return aligned([["left out", *metrics], *folds, mean, spread])


def _reached(scores: tuple[Score, ...], metric: str) -> str:
    """The mean over all volumes of a pair; empty where it was not measured."""
    values = [score.restored for score in scores if score.metric == metric]
    return f"{np.mean(values):.3f}" if values else ""
