"""Jobs, requests and logs in plain words."""

from pathlib import Path

from gvtstudio.domain.figure import FigureRequest
from gvtstudio.domain.job import (
    EvaluateRequest,
    ExportModelRequest,
    ExportRequest,
    FindMovedRequest,
    ImportModelRequest,
    PackRequest,
    RegisterRequest,
    Request,
    RerunRequest,
    RestoreRequest,
    SimulateRequest,
    SweepRequest,
    TrainRequest,
)
from gvtstudio.domain.messages import Failed, Finished, Log, Stopped
from gvtstudio.domain.movie import MovieRequest
from gvtstudio.io.model_package import MODEL_SUFFIX
from gvtstudio.services.job import Job
from gvtstudio.services.training_words import score_words
from gvtstudio.ui.texts import describe_duration

# Measures a user reads; anything else stays in the job folder's result file.
_NUMBER_WORDS = {
    "clipped_voxels": "{:.0f} voxels clipped",
    "psnr_db": "PSNR {:.2f} dB",
    "ssim": "SSIM {:.3f}",
}


def request_words(job: Job) -> str:
    """What was asked, in one or two lines."""
    request = job.request
    match request:
        case RestoreRequest():
            words = (
                f"{request.input} with {request.model} → {request.output_dir} "
                f"({request.format}, {request.dtype}, {request.device}, {request.precision}, "
                f"tile {request.tile})"
            )
        case TrainRequest():
            words = f"{request.task} from {_source_words(request)} → {request.out}"
        case ExportRequest():
            words = f"{request.source} → {request.destination} ({request.format})"
        case ExportModelRequest() | ImportModelRequest():
            words = _exchange_words(request)
        case SimulateRequest():
            words = f"{request.recipe}, seed {request.seed} → {request.output_dir}"
        case EvaluateRequest():
            words = f"{request.restored[0]} against {request.target[0]} ({request.normalisation})"
        case RegisterRequest():
            words = f"{request.low} in the frame of {request.high} → {request.out}"
        case RerunRequest():
            words = f"{request.result}, made again and compared"
        case SweepRequest():
            model = Path(request.model).name.removesuffix(MODEL_SUFFIX)
            words = f"{request.input} with {model}, compared with {request.target}"
        case _:
            words = _project_words(request)
    return words


def _project_words(request: Request) -> str:
    """What was asked of a whole project, or of several stacks."""
    if isinstance(request, FindMovedRequest):
        return f"moved files of {Path(request.project).name} in {request.folder}"
    if isinstance(request, PackRequest):
        return f"{request.project} with its data → {request.out}"
    if isinstance(request, FigureRequest | MovieRequest):
        figure = request if isinstance(request, FigureRequest) else request.figure
        return f"{', '.join(Path(each.path).name for each in figure.columns)} → {request.out}"
    return ""


def _exchange_words(request: ExportModelRequest | ImportModelRequest) -> str:
    if isinstance(request, ImportModelRequest):
        return f"{request.source} → own models"
    return f"{request.model} → {request.out}"


def _source_words(request: TrainRequest) -> str:
    """What a model is learned from, and what it began with."""
    if request.pairs:
        source = f"{len(request.pairs)} pairs in {Path(request.pairs[0][0]).parent}"
    elif request.stacks:
        source = ", ".join(Path(path).name for path in request.stacks)
    else:
        source = f"the simulation {request.recipe}"
    return f"{source}, adapting {request.start_model}" if request.start_model else source


def message_words(job: Job) -> str:
    """Where a job stands or how it ended, in one line."""
    ending = job.ending
    if isinstance(ending, Failed):
        return f"{ending.message} {ending.remedy}".strip()
    if isinstance(ending, Stopped) and job.can_continue:
        return "It can be continued where it was stopped."
    if isinstance(ending, Finished):
        names = ", ".join(Path(output).name for output in ending.outputs)
        if ending.contexts:
            names = f"{len(ending.contexts) - 1} contexts" + (f"; {names}" if names else "")
        measures = [
            words.format(ending.numbers[name])
            for name, words in _NUMBER_WORDS.items()
            if ending.numbers.get(name)
        ]
        return "; ".join(part for part in (names, *measures, ending.verdict) if part)
    if job.is_finishing:
        return "Ending with the best so far"
    if job.progress is not None:
        progress = job.progress
        words = f"{progress.stage}: {progress.done:,} of {progress.total:,} {progress.unit}".strip()
        return f"{words}. {score_words(job.score)}" if job.score else words
    return "Starting" if job.state == "running" else ""


def time_words(job: Job) -> str:
    """Time left while a job runs, time taken when it is over."""
    if job.state == "running" and job.progress and job.progress.seconds_left is not None:
        return f"{describe_duration(job.progress.seconds_left)} left"
    if job.is_over and job.started:
        return f"took {describe_duration(job.ended - job.started)}"
    return ""


def log_words(line: Log) -> str:
    """One line of a log."""
    return f"Warning: {line.text}" if line.level == "warning" else line.text
