"""Train a denoising network from pairs or from a simulation, and judge it on fields kept apart."""

import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import torch

from gvtstudio import __version__
from gvtstudio.domain.architecture import ArchitectureSpec
from gvtstudio.domain.errors import ModelRefused, UsageError
from gvtstudio.domain.job import Precision, TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import ModelCard, Score
from gvtstudio.domain.parameters import Value, suggest, validated_values
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.imaging.baseline import best_filter
from gvtstudio.imaging.metrics import measure_agreement
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_shelf import find_model
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.device import choose_device, choose_precision
from gvtstudio.prediction.model import build_network, load_model, save_model
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from gvtstudio.tasks.denoising.pairs import (
    PERCENTILES,
    PairedField,
    load_fields,
    split_fields,
)
from gvtstudio.tasks.denoising.spec import DENOISING
from gvtstudio.training.checkpoint import TrainingState
from gvtstudio.training.loop import LoopSettings, TrainingLoop
from gvtstudio.training.patches import NormalisedPair, StackPairs
from gvtstudio.training.validation import validation_tensors

MAX_SCORED_PAIRS = 4
SAFE_HALF_DEPTH = 8


def train(request: TrainRequest, folder: JobFolder, reporter: JobReporter) -> Finished:
    """Train and write the model package ``request.out``.

    Raises:
        UsageError: A parameter or architecture that does not exist.
        InputRefused: The pairs cannot be used, or the training diverged.
        Cancelled: The user stopped; the checkpoint in ``folder`` is kept.
    """
    started = time.monotonic()
    values = validated_values(DENOISING.train_parameters, request.parameters)
    torch.manual_seed(int(values["seed"]))
    spec, network, network_values = _network(request, values)
    fields, sources = load_fields(request, values, reporter)
    training, apart = split_fields(fields, values)
    reporter.log(
        f"Training on {len(training)} fields, kept apart for judging: "
        f"{', '.join(field.name for field in apart)}."
    )
    settings = _loop_settings(request, values, spec, network_values, reporter)
    loop = TrainingLoop(
        network,
        StackPairs([pair for field in training for pair in field.pairs]),
        validation_tensors(p for f in apart for p in f.pairs),
        settings,
        folder=folder.checkpoint_dir,
        fingerprint=_fingerprint(request, values, settings),
    )
    if request.resume and not loop.resume():
        reporter.log("There is no checkpoint to resume; starting from the beginning.", "warning")

    def report(step: int, total: int, scores: dict[str, float] | None) -> None:
        if scores is not None:
            reporter.score(step, scores)
        reporter.progress("Training", step, total, "steps")

    state = loop.run(report)
    trained = build_network(spec, network_values)
    trained.load_state_dict(state.best_weights)
    scores = _scores(trained, apart, reporter)
    card = _card(request, spec, network_values, state, settings)
    card = msgspec.structs.replace(
        card,
        parameter_count=sum(p.numel() for p in trained.parameters()),
        training_data=tuple(sources),
        scores=tuple(scores),
        voxel_size_um=_voxel_range(fields),
        training={**card.training, "minutes": round((time.monotonic() - started) / 60, 2)},
    )
    example = apart[0].pairs[0]
    image = example.image_scale.apply(example.image[:16, :32, :32])
    image = image if spec.spatial_dims == 3 else image[0]
    save_model(Path(request.out), trained, card, image, overwrite=request.overwrite)
    return Finished((request.out,), numbers=_numbers(scores, state))


def _network(
    request: TrainRequest, values: Mapping[str, Value]
) -> tuple[ArchitectureSpec, Network, dict[str, Value]]:
    """New weights, or those of the model to start from."""
    if request.start_model:
        model = load_model(find_model(request.start_model))
        if model.card.task != DENOISING.name:
            raise ModelRefused(
                f"{model.card.name} is made for {model.card.task} and cannot learn denoising.",
                "Start from a denoising model, or from nothing.",
            )
        return model.spec, model.network, dict(model.card.architecture_parameters)
    name = request.architecture or DENOISING.architectures[0]
    if name not in DENOISING.architectures:
        raise UsageError(*suggest("architecture", name, DENOISING.architectures, " for denoising"))
    spec = ARCHITECTURES[name]
    scale = {"has_scale_head": values["loss"] == "laplace"} if spec.has_scale else {}
    chosen = validated_values(spec.parameters, {**scale, **request.architecture_parameters})
    return spec, build_network(spec, chosen), chosen


def _loop_settings(
    request: TrainRequest,
    values: Mapping[str, Value],
    spec: ArchitectureSpec,
    network_values: Mapping[str, Value],
    reporter: JobReporter,
) -> LoopSettings:
    device = choose_device(request.device)
    width = int(values["patch_yx"])
    depth = int(values["patch_z"]) if spec.spatial_dims == 3 else 1
    loss = str(values["loss"])
    if loss == "laplace" and not network_values.get("has_scale_head"):
        reporter.log(f"{spec.title} cannot learn how unsure it is; the loss is mae.", "warning")
        loss = "mae"
    return LoopSettings(
        steps=int(values["steps"]),
        minutes=float(values["minutes"]),
        batch_size=int(values["batch_size"]),
        patch=(depth, width, width),
        learning_rate=float(values["learning_rate"]),
        schedule=str(values["schedule"]),
        loss=loss,
        validation_every=int(values["validation_every"]),
        seed=int(values["seed"]),
        device=str(device),
        precision=_training_precision(request.precision, device, spec, depth),
        saves_memory=bool(values["saves_memory"]),
    )


def _training_precision(
    name: Precision, device: torch.device, spec: ArchitectureSpec, patch_z: int
) -> Precision:
    """Half precision on the processor only where its gradients are right.

    WORKAROUND: oneDNN's bfloat16 weight gradient of a 3 × 3 × 3 convolution reads memory it never
    wrote where the input is two voxels deep (torch 2.13), as at half resolution of a patch of four.
    """
    is_thin = spec.spatial_dims == 3 and patch_z < SAFE_HALF_DEPTH
    if device.type == "cpu" and is_thin:
        return "float32"
    return choose_precision(name, device)


def _fingerprint(request: TrainRequest, values: Mapping[str, Value], settings: LoopSettings) -> str:
    """Same data and same settings; where the result goes and the time limit may differ."""
    sizes = [
        (Path(path).name, Path(path).stat().st_size) for pair in request.pairs for path in pair
    ]
    kept = (request.task, request.architecture, request.recipe, request.start_model, sizes)
    chosen = {**values, **request.architecture_parameters, "minutes": 0}
    timeless = msgspec.to_builtins(settings) | {"minutes": 0}
    return msgspec.json.encode([kept, chosen, timeless]).decode()


def _scores(
    network: Network,
    apart: Sequence[PairedField],
    reporter: JobReporter,
) -> list[Score]:
    """Raw, tuned filter and restored against the target, on fields the training never saw."""
    predictor = VolumePredictor(network, PredictionSettings(device="cpu"))
    named = [(field.name, pair) for field in apart for pair in field.pairs][:MAX_SCORED_PAIRS]
    scores: list[Score] = []
    for i, (name, pair) in enumerate(named):
        reporter.progress("Judging", i, len(named), "pairs")
        scores += _scored(predictor, name, pair, reporter)
    reporter.progress("Judging", len(named), len(named), "pairs")
    return scores


def _scored(
    predictor: VolumePredictor, name: str, pair: NormalisedPair, reporter: JobReporter
) -> list[Score]:
    restored = predictor.predict(
        pair.image_scale.apply(pair.image), lambda done, total: reporter.check_cancelled()
    )
    raw, ours = (measure_agreement(a, pair.target) for a in (pair.image, restored))
    filtered, classical = best_filter(pair.image, pair.target)
    return [
        Score(
            data=name,
            metric=metric,
            normalisation="care",
            raw=getattr(raw, metric),
            baseline=getattr(classical, metric),
            baseline_name=filtered.name,
            restored=getattr(ours, metric),
        )
        for metric in ("psnr_db", "ssim", "nrmse")
        if np.isfinite([getattr(each, metric) for each in (raw, classical, ours)]).all()
    ]


def _card(
    request: TrainRequest,
    spec: ArchitectureSpec,
    network_values: dict[str, Value],
    state: TrainingState,
    settings: LoopSettings,
) -> ModelCard:
    name = Path(request.out).stem
    chosen = msgspec.to_builtins(settings) | {"patch": ",".join(map(str, settings.patch))}
    return ModelCard(
        name=name,
        title=name,
        summary="Trained by the user for stacks like the training pairs.",
        task=DENOISING.name,
        architecture=spec.name,
        architecture_parameters=network_values,
        parameter_count=spec.parameter_count,
        axes="ZYX" if spec.spatial_dims == 3 else "YX",
        normalisation_percentiles=PERCENTILES,
        training={**chosen, "best_step": state.best_step, "start_model": request.start_model},
        limits=("Only as good as its training pairs are like the stack to restore.",),
        citation=spec.paper,
        created=date.today().isoformat(),  # noqa: DTZ011 - the user's own calendar day
        program_version=__version__,
    )


def _voxel_range(fields: Sequence[PairedField]) -> tuple[tuple[float, float], ...]:
    known = [field.voxel_um for field in fields if field.voxel_um]
    if not known:
        return ()
    return tuple((min(sizes), max(sizes)) for sizes in zip(*known, strict=True))


def _numbers(scores: Sequence[Score], state: TrainingState) -> dict[str, float]:
    numbers = {"best_step": float(state.best_step), "validation_mae": state.best_score}
    for metric in ("psnr_db", "ssim"):
        chosen = [score for score in scores if score.metric == metric]
        for kind in ("raw", "baseline", "restored") if chosen else ():
            numbers[f"{kind}_{metric}"] = float(np.mean([getattr(s, kind) for s in chosen]))
    return numbers
