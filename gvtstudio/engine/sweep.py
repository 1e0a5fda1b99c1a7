"""Restore a stack with contexts of several sizes and measure each result against its target."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import numpy as np

from gvtstudio.domain.errors import ModelRefused, OutputUnwritable, StackUnsuitable
from gvtstudio.domain.job import SweepRequest
from gvtstudio.domain.messages import ContextScore, Finished
from gvtstudio.domain.quantities import bytes_from
from gvtstudio.domain.specs import load_callable
from gvtstudio.domain.stack import read_volume
from gvtstudio.engine.evaluate import written_table
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.metrics import measure_agreement
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import Box, OpenVolume, slices_of
from gvtstudio.imaging.suitability import judge_volume, refuse_unsuitable
from gvtstudio.io.atomic import refuse_existing, refuse_unwritable
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_shelf import find_model
from gvtstudio.io.stacks import open_stack
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.contexts import halved_contexts
from gvtstudio.prediction.mirrored import padded_size
from gvtstudio.prediction.model import LoadedModel, load_model
from gvtstudio.prediction.plan import fitted_tile
from gvtstudio.prediction.settings import PredictionSettings, parsed_size
from gvtstudio.prediction.volume import VolumePredictor
from gvtstudio.tasks import TASKS

Contexts = Mapping[str, tuple[int, int, int]]
"""Value of ``--context`` → size in voxels, (Z, Y, X)."""


def run(request: SweepRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """PSNR, SSIM and NRMSE of the input and of its restoration with every context.

    Raises:
        InputRefused: A stack or the model cannot be used for this.
        UsageError: A context that is none.
        ResourcesMissing: Not enough memory, or the table cannot be written.
        Cancelled: The user stopped.
    """
    _refuse_table(request)
    image, truth = _pair(request, reporter)
    model = load_model(find_model(request.model))
    _refuse_model(model)
    contexts = _contexts(request, model, image.shape, reporter)
    work = _Sweep(request, model, truth, folder.path, reporter)
    scores = work.measure(image, contexts)
    outputs = (written_table(Path(request.csv), _rows(scores, request)),) if request.csv else ()
    return Finished(outputs, contexts=tuple(scores))


def _refuse_table(request: SweepRequest) -> None:
    if not request.csv:
        return
    table = Path(request.csv)
    if table in (Path(request.input), Path(request.target)):
        raise OutputUnwritable(f"{table.name} is one of the stacks.", "Choose another name.")
    if not request.overwrite:
        refuse_existing(table)
    refuse_unwritable(table)


def _refuse_model(model: LoadedModel) -> None:
    """Refuse networks for which a context means nothing."""
    needs, name = model.network.needs, model.card.name
    remedy = (
        "Choose a model whose network exchanges sums between tiles (see gvtstudio architectures)."
    )
    task = TASKS.get(model.card.task)
    if task is None or task.predicts_channels or model.spec.output != "image":
        raise ModelRefused(
            f"The model {name} makes no volume that this program could measure.", remedy
        )
    if not needs.streams_exactly:
        raise ModelRefused(
            f"The model {name} is predicted in blended tiles, which are its only context.", remedy
        )
    if not needs.barriers:
        raise ModelRefused(
            f"The model {name} has no layer that looks at the whole volume: its result is the same "
            "with every context.",
            remedy,
        )


def _pair(request: SweepRequest, reporter: Reporter) -> tuple[np.ndarray, np.ndarray]:
    """The volumes to restore and to compare with, (Z, Y, X)."""
    image, truth = (_volume(Path(path), reporter) for path in (request.input, request.target))
    if image.shape != truth.shape:
        raise StackUnsuitable(
            f"{Path(request.input).name} and {Path(request.target).name} have different sizes: "
            f"{_voxels(image.shape)} and {_voxels(truth.shape)} voxels.",
            "Give the noisy and the good stack of the same field of view.",
        )
    return image, truth


def _volume(path: Path, reporter: Reporter) -> np.ndarray:
    stack = open_stack(path)
    try:
        info = stack.info
        refuse_unsuitable(info)
        if info.shape[0] > 1 or info.shape[2] > 1:
            reporter.log(
                f"{info.name} has {info.shape[0]} time points and {info.shape[2]} channels; only "
                "the first of each is used.",
                "warning",
            )
        volume = read_volume(stack, 0, 0)
    finally:
        stack.close()
    if judge_volume(volume, info.name).is_constant:
        raise StackUnsuitable(
            f"{info.name} has the same value everywhere.", "Check that the right file was chosen."
        )
    return volume


def _contexts(
    request: SweepRequest, model: LoadedModel, shape: tuple[int, int, int], reporter: Reporter
) -> Contexts:
    """The contexts to compare, the whole last."""
    needs = model.network.needs
    size = padded_size(needs, shape)
    halves = halved_contexts(needs, size)
    if request.contexts:
        given = [parsed_size(text, "context", ("whole",)) for text in request.contexts]
        sizes = [one[-needs.dims :] for one in given if not isinstance(one, str)]
        halves = [fitted_tile(needs, one, size) for one in sizes]
    chosen = {}
    for context in sorted(set(halves) - {size}, key=lambda one: (np.prod(one), one)):
        depth, height, width = (1, *context)[-3:]
        name = f"{depth},{height},{width}"
        chosen[name] = (min(depth, shape[0]), min(height, shape[1]), min(width, shape[2]))
    if not chosen:
        reporter.log(
            f"{Path(request.input).name} is too small to be cut: only the whole is measured. "
            "Smaller contexts can be given with --contexts.",
            "warning",
        )
    return {**chosen, "whole": shape if needs.dims == 3 else (1, *shape[1:])}


class _Sweep:
    """Restores the same volume again and again.

    Args:
        request: How to compute and measure.
        model: What to restore with.
        truth: What to compare with, (Z, Y, X).
        scratch: Folder for activations that do not fit the memory.
        reporter: Hears how it goes.
    """

    def __init__(
        self,
        request: SweepRequest,
        model: LoadedModel,
        truth: np.ndarray,
        scratch: Path,
        reporter: Reporter,
    ) -> None:
        self._request = request
        self._model = model
        self._truth = truth
        self._predict_volume = load_callable(TASKS[model.card.task].predict)
        self._scratch = scratch
        self._reporter = reporter

    def measure(self, image: np.ndarray, contexts: Contexts) -> list[ContextScore]:
        """The input's score, then one for every context in turn."""
        scores = [self._score("input", None, image, 0.0)]
        scale = PercentileNormalization.of(image, self._model.card.normalisation_percentiles)
        for number, (context, size) in enumerate(contexts.items()):
            started = time.monotonic()
            restored = np.empty(image.shape, np.float32)
            volume = _in_memory(image, restored)
            report = self._progress(number, len(contexts))
            self._predict_volume(self._predictor(context), volume, [scale], Course(report))
            seconds = round(time.monotonic() - started, 2)
            scores.append(self._score(context, size, restored, seconds))
        return scores

    def _progress(self, number: int, count: int) -> Callable[[int, int], None]:
        def report(done: int, total: int) -> None:
            self._reporter.progress("Restoring", number * total + done, count * total, "voxels")

        return report

    def _predictor(self, context: str) -> VolumePredictor:
        request = self._request
        settings = PredictionSettings(
            request.device,
            request.precision,
            memory=bytes_from(request.memory),
            context=context,
            scratch=self._scratch,
        )
        return VolumePredictor(self._model.network, settings)

    def _score(
        self, context: str, size: tuple[int, int, int] | None, image: np.ndarray, seconds: float
    ) -> ContextScore:
        self._reporter.check_cancelled()
        agreement = measure_agreement(image, self._truth, self._request.normalisation)
        self._reporter.log(f"{context}: PSNR {agreement.psnr_db:.2f} dB")
        return ContextScore(
            context,
            size,
            _known(agreement.psnr_db),
            _known(agreement.ssim),
            _known(agreement.nrmse),
            seconds,
        )


def _in_memory(image: np.ndarray, restored: np.ndarray) -> OpenVolume:
    def write(box: Box, values: np.ndarray) -> None:
        restored[slices_of(box)] = values

    shape = (image.shape[0], image.shape[1], image.shape[2])
    return OpenVolume(shape, lambda box: image[slices_of(box)], write)


def _known(number: float) -> float | None:
    """A message holds no NaN: SSIM needs seven pixels along every axis."""
    return number if np.isfinite(number) else None


def _rows(scores: list[ContextScore], request: SweepRequest) -> list[dict[str, object]]:
    rows = []
    for score in scores:
        z, y, x = score.size or ("", "", "")
        measured = msgspec.structs.asdict(score)
        del measured["size"]
        context = measured.pop("context")
        normalisation = request.normalisation
        rows.append(
            {"context": context, "z": z, "y": y, "x": x, **measured, "normalisation": normalisation}
        )
    return rows


def _voxels(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
