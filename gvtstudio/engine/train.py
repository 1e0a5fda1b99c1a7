"""Train a model for any task."""

from pathlib import Path

from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.atomic import refuse_existing, refuse_unwritable
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.tasks import TASKS


def run(request: TrainRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Hand the request to its task.

    Raises:
        UsageError: No such task, architecture or parameter.
        InputRefused: The pairs cannot be used.
        Cancelled: The user stopped; the checkpoint is kept for ``resume``.
    """
    task = look_up(TASKS, "task", request.task)
    if not request.overwrite:
        refuse_existing(Path(request.out))
    refuse_unwritable(Path(request.out))  # before hours of work, not after
    finished: Finished = load_callable(task.train)(request, folder, reporter)
    return finished
