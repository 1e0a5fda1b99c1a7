"""From a request to a model package, for every task that learns from inputs and targets.

A task says from which batches to learn, what to make small, how it is validated and what the card
must tell; everything else is done here.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from gvtstudio.domain.model_card import ModelCard, Score, TrainingData
from gvtstudio.domain.parameters import Value, suggest, validated_values
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.specs import TaskSpec, load_callable, look_up
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_shelf import find_model
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.device import choose_device, choose_precision
from gvtstudio.prediction.model import build_network, load_model, save_model
from gvtstudio.training.checkpoint import TrainingState
from gvtstudio.training.learner import Learner, LoopSettings, Loss, SupervisedLearner
from gvtstudio.training.loop import Lesson, TrainingLoop
from gvtstudio.training.losses import LOSSES
from gvtstudio.training.scoring import mean_scores

SAFE_HALF_DEPTH = 8
LIKE_ITS_PAIRS = "Only as good as its training pairs are like the stack to restore."
LOSS_OF_THE_UNSURE, PLAIN_LOSS = "laplace", "mae"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What only the task knows of the model it trains.

    Args:
        percentiles: Of the normalisation.
        training_data: Sources and licences.
        voxel_size_um: Lowest and highest along Z, Y, X; empty: any.
        example: Normalised input of a few thousand voxels, as ``save_model`` takes it.
        score: Measures the trained network on what was kept apart.
        labels: Of a segmentation: what each class of the network stands for.
        limits: What the model is not made for, one sentence each.
        work_voxel_um: As in ``ModelCard``, like the two that follow.
        magnification: Pixels of the result for one of the input.
        channels: Names of those the network gives.
    """

    percentiles: tuple[float, float]
    training_data: Sequence[TrainingData]
    voxel_size_um: tuple[tuple[float, float], ...]
    example: np.ndarray
    score: Callable[[Network], list[Score]]
    labels: tuple[int, ...] = ()
    limits: tuple[str, ...] = (LIKE_ITS_PAIRS,)
    work_voxel_um: tuple[float, ...] = ()
    magnification: float = 1.0
    channels: tuple[str, ...] = ()


class SupervisedTraining:
    """One training.

    Args:
        task: Which; the start model must have been made for it.
        request: What the user asked for.
        folder: For the checkpoint, the history and the previews.
        reporter: Hears how it goes.

    Raises:
        UsageError: A parameter, architecture or device that does not exist.
        InputRefused: The model to start from cannot be used.
    """

    def __init__(
        self, task: TaskSpec, request: TrainRequest, folder: JobFolder, reporter: JobReporter
    ) -> None:
        self._task = task
        self._request = request
        self._folder = folder
        self._reporter = reporter
        self.values = validated_values(task.train_parameters, request.parameters)
        torch.manual_seed(int(self.values["seed"]))
        self.spec, self.network, self._network_values = _network(task, request, self.values)
        self.settings = self._settings()

    def named_loss(self) -> Loss:
        """The row of ``LOSSES`` that the settings name."""
        return load_callable(look_up(LOSSES, "loss", self.settings.loss))

    def take_patches_of_depth(self, depth: int) -> None:
        """For tasks where the stacks and not the user settle how many planes a patch has."""
        settings = self.settings
        chosen = _training_precision(
            self._request.precision, torch.device(settings.device), self.spec, depth
        )
        patch = (depth, *settings.patch[1:])
        self.settings = replace(settings, patch=patch, precision=chosen)

    def run(self, lesson: Lesson, facts: ModelFacts, loss: Loss) -> Finished:
        """Train, score, and write the model package.

        Args:
            lesson: What to learn from.
            facts: What only the task knows.
            loss: What to make small.

        Raises:
            InputRefused: The training diverged.
            Cancelled: The user stopped; the checkpoint is kept.
        """
        return self.run_learner(SupervisedLearner(self.network, loss, self.settings), lesson, facts)

    def run_learner(self, learner: Learner, lesson: Lesson, facts: ModelFacts) -> Finished:
        """The same for a learner of the task's own, which changes ``network``."""
        loop = TrainingLoop(
            learner, lesson, self.settings, folder=self._folder, fingerprint=self._identity()
        )
        if self._request.resume and not loop.resume():
            self._reporter.log(
                "There is no checkpoint to resume; starting from the beginning.", "warning"
            )
        state = loop.run(self._reporter, lambda best: self._keep_best(best, facts))
        if math.isfinite(state.best_score) and not state.is_better_than_start:
            self._reporter.log(
                "No validation was better than the one before the first step. Train longer, with "
                "another learning rate, or see whether inputs and targets belong together.",
                "warning",
            )
        network = self._with_weights(state)
        scores = facts.score(network)
        self._write(Path(self._request.out), network, self._card(state, facts, scores), facts)
        numbers = {"best_step": float(state.best_step), lesson.judge.score: state.best_score}
        numbers |= mean_scores(scores)
        return Finished(
            (self._request.out,),
            numbers={name: value for name, value in numbers.items() if math.isfinite(value)},
        )

    def _settings(self) -> LoopSettings:
        values, request = self.values, self._request
        device = choose_device(request.device)
        width = int(values["patch_yx"])
        depth = int(values.get("patch_z", 1)) if self.spec.spatial_dims == 3 else 1
        return LoopSettings(
            steps=int(values["steps"]),
            minutes=float(values["minutes"]),
            batch_size=int(values["batch_size"]),
            patch=(depth, width, width),
            learning_rate=float(values["learning_rate"]),
            schedule=str(values["schedule"]),
            loss=self._loss_name(),
            validation_every=int(values["validation_every"]),
            seed=int(values["seed"]),
            device=str(device),
            precision=_training_precision(request.precision, device, self.spec, depth),
            saves_memory=bool(values["saves_memory"]),
            gradient_clip=float(values["gradient_clip"]),
            weight_averaging=float(values["weight_averaging"]),
            augmentation=str(values["augmentation"]),
            workers=int(values["workers"]),
        )

    def _loss_name(self) -> str:
        name = str(self.values.get("loss", ""))
        if name == LOSS_OF_THE_UNSURE and not self._network_values.get("has_scale_head"):
            self._reporter.log(
                f"{self.spec.title} cannot learn how unsure it is; the loss is {PLAIN_LOSS}.",
                "warning",
            )
            return PLAIN_LOSS
        return name

    def _identity(self) -> str:
        """Same data and settings; where the result goes, time limit and threads may differ."""
        request = self._request
        files = [Path(path) for pair in (*request.pairs, request.stacks) for path in pair]
        sizes = [(file.name, file.stat().st_size) for file in files]
        where = (request.recipe, request.start_model, request.voxel_size)
        kept = (request.task, request.architecture, *where, sizes)
        free = {"minutes": 0, "workers": 0}
        chosen = {**self.values, **request.architecture_parameters, **free}
        return msgspec.json.encode(
            [kept, chosen, msgspec.to_builtins(self.settings) | free]
        ).decode()

    def _with_weights(self, state: TrainingState) -> Network:
        """The network of the best validation, on the processor."""
        network = build_network(self.spec, self._network_values)
        network.load_state_dict(state.best_weights)
        return network

    def _keep_best(self, state: TrainingState, facts: ModelFacts) -> None:
        """Leave the best so far in the job folder as a model that can be used."""
        card = self._card(state, facts, [])
        self._write(self._folder.best_model_path, self._with_weights(state), card, facts)

    def _write(self, path: Path, network: Network, card: ModelCard, facts: ModelFacts) -> None:
        is_ours = path == self._folder.best_model_path
        count = sum(p.numel() for p in network.parameters())
        card = msgspec.structs.replace(card, parameter_count=count)
        save_model(path, network, card, facts.example, overwrite=is_ours or self._request.overwrite)

    def _card(self, state: TrainingState, facts: ModelFacts, scores: Sequence[Score]) -> ModelCard:
        settings = self.settings
        chosen = msgspec.to_builtins(settings) | {"patch": ",".join(map(str, settings.patch))}
        return ModelCard(
            name=Path(self._request.out).stem,
            title=Path(self._request.out).stem,
            summary="Trained by the user for stacks like the training pairs.",
            task=self._task.name,
            architecture=self.spec.name,
            architecture_parameters=self._network_values,
            parameter_count=self.spec.parameter_count,
            axes="ZYX" if self.spec.spatial_dims == 3 else "YX",
            normalisation_percentiles=facts.percentiles,
            voxel_size_um=facts.voxel_size_um,
            labels=facts.labels,
            work_voxel_um=facts.work_voxel_um,
            magnification=facts.magnification,
            channels=facts.channels,
            training={
                **chosen,
                "steps_done": state.step,
                "best_step": state.best_step,
                "start_model": self._request.start_model,
                "minutes": round(state.seconds / 60, 2),
            },
            training_data=tuple(facts.training_data),
            scores=tuple(scores),
            limits=facts.limits,
            citation=self.spec.paper,
            created=date.today().isoformat(),  # noqa: DTZ011 - the user's own calendar day
            program_version=__version__,
        )


def _network(
    task: TaskSpec, request: TrainRequest, values: Mapping[str, Value]
) -> tuple[ArchitectureSpec, Network, dict[str, Value]]:
    """New weights, or those of the model to start from."""
    if request.start_model:
        model = load_model(find_model(request.start_model))
        if model.card.task != task.name:
            raise ModelRefused(
                f"{model.card.name} is made for {model.card.task} and cannot learn {task.name}.",
                f"Start from a model for {task.name}, or from nothing.",
            )
        return model.spec, model.network, dict(model.card.architecture_parameters)
    name = request.architecture or task.architectures[0]
    if name not in task.architectures:
        where = f" for {task.name}"
        raise UsageError(*suggest("architecture", name, task.architectures, where))
    spec = ARCHITECTURES[name]
    is_unsure = values.get("loss") == LOSS_OF_THE_UNSURE
    scale = {"has_scale_head": is_unsure} if spec.has_scale else {}
    chosen = validated_values(spec.parameters, {**scale, **request.architecture_parameters})
    return spec, build_network(spec, chosen), chosen


def _training_precision(
    name: Precision, device: torch.device, spec: ArchitectureSpec, patch_z: int
) -> Precision:
    """Half precision on the processor only where its gradients are right.

    WORKAROUND: oneDNN's bfloat16 weight gradient of a 3 × 3 × 3 convolution reads memory it never
    wrote where the input is two voxels deep (torch 2.13), as at half resolution of a patch of four.

    Raises:
        UsageError: This arithmetic cannot be trained in there.
    """
    if device.type == "cpu" and name == "float16":
        raise UsageError(
            "Training in float16 needs a graphics card.", "Use --precision bfloat16 or float32."
        )
    is_thin = spec.spatial_dims == 3 and patch_z < SAFE_HALF_DEPTH
    if device.type == "cpu" and is_thin:
        return "float32"
    return choose_precision(name, device)
