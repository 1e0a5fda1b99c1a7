"""From a request to a model package, for every task that learns from inputs and targets.

A task says from which batches to learn, what to make small, how it is validated and what the card
must tell; everything else is done here.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch import nn

from gvtstudio import __version__
from gvtstudio.domain.architecture import ArchitectureSpec
from gvtstudio.domain.errors import ModelRefused, UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import ModelCard, NormalisationKind, Score, TrainingData
from gvtstudio.domain.parameters import Value, suggest, validated_values
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.specs import TaskSpec, load_callable, look_up
from gvtstudio.domain.training_parameters import ADVERSARIAL, training_values
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_shelf import find_model
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.patchgan_discriminator.spec import PATCHGAN_DISCRIMINATOR
from gvtstudio.prediction.model import LoadedModel, build_network, load_model, save_model
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.training.adversarial import AdversarialLearner
from gvtstudio.training.batch_norm import let_batch_norm_follow
from gvtstudio.training.checkpoint import TrainingState
from gvtstudio.training.learner import Learner, LoopSettings, Loss, SupervisedLearner
from gvtstudio.training.loop import Lesson, TrainingLoop
from gvtstudio.training.losses import LOSSES
from gvtstudio.training.precision import training_precision
from gvtstudio.training.scoring import mean_scores
from gvtstudio.training.teamwork import Work, devices_named, team_of
from gvtstudio.training.verdict import FILTERED, SAME_VOXELS, RivalWords, verdict_on, with_backbone

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
        score: Measures a network on what was kept apart: the trained one, and where a model was
            adapted, that as it was.
        labels: Of a segmentation: what each class of the network stands for.
        limits: What the model is not made for, one sentence each.
        work_voxel_um: As in ``ModelCard``, like the two that follow.
        magnification: Pixels of the result for one of the input.
        channels: Names of those the network gives.
        rivals: What the task calls those that the network must beat.
        normalisation: As in ``ModelCard``, like the two that follow.
        channel_scales: Grey values that 0 and 1 of the network stand for.
        gives_one_plane: Whether all planes become one.
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
    rivals: RivalWords = FILTERED
    normalisation: NormalisationKind = "percentiles"
    channel_scales: tuple[tuple[float, float], ...] = ()
    gives_one_plane: bool = False


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
        adapts = bool(request.start_model)
        self.values = training_values(task.train_parameters, request.parameters, adapts=adapts)
        torch.manual_seed(int(self.values["seed"]))
        self._devices = devices_named(request.device)
        self._backbone = _backbone(task, request)
        if self._backbone is None:
            self.spec, self._network_values = _chosen_network(task, request, self.values)
            weights = None
        else:
            self.spec = self._backbone.spec
            self._network_values = dict(self._backbone.card.architecture_parameters)
            weights = self._backbone.network.state_dict()
        self.network = self._network_with(weights)
        self.settings = self._settings()
        let_batch_norm_follow(self.network, self.settings.steps)

    def named_loss(self) -> Loss:
        """The row of ``LOSSES`` that the settings name."""
        return load_callable(look_up(LOSSES, "loss", self.settings.loss))

    @property
    def prediction(self) -> PredictionSettings:
        """How to predict what is scored: where and in what arithmetic the training computes."""
        return PredictionSettings(self.settings.device, self.settings.precision)

    def take_patches_of_depth(self, depth: int) -> None:
        """For tasks where the stacks and not the user settle how many planes a patch has."""
        settings = self.settings
        chosen = training_precision(
            self._request.precision, torch.device(settings.device), self.network.needs, depth
        )
        patch = (depth, *settings.patch[1:])
        self.settings = replace(settings, patch=patch, precision=chosen)

    def run(self, lesson: Lesson, facts: ModelFacts, loss: Loss) -> Finished:
        """Train, score, and write the model package; none where the backbone is as good.

        Args:
            lesson: What to learn from.
            facts: What only the task knows.
            loss: What to make small.

        Raises:
            InputRefused: The training diverged.
            Cancelled: The user stopped; the checkpoint is kept.
        """
        if len(self._devices) == 1 or self.settings.adversarial:
            return self.run_learner(self._learner(loss), lesson, facts)
        self._reporter.log(f"Every batch is shared out to {len(self._devices)} devices.")
        work = Work(self.network, loss, self.settings)
        with team_of(work, self._devices, self._folder.path) as learner:
            return self._trained(learner, lesson, facts)

    def run_learner(self, learner: Learner, lesson: Lesson, facts: ModelFacts) -> Finished:
        """The same for a learner of the task's own, which changes ``network``, on one device.

        Raises:
            UsageError: The user named several.
        """
        if len(self._devices) > 1:
            raise UsageError(
                "This kind of training takes a single device.",
                f"Use --device {self._devices[0]}.",
            )
        return self._trained(learner, lesson, facts)

    def _trained(self, learner: Learner, lesson: Lesson, facts: ModelFacts) -> Finished:
        loop = TrainingLoop(
            learner, lesson, self.settings, folder=self._folder, fingerprint=self._identity()
        )
        if self._request.resume and not loop.resume():
            self._reporter.log(
                "There is no checkpoint to resume; starting from the beginning.", "warning"
            )
        state = loop.run(self._reporter, lambda best: self._keep_best(best, facts))
        if math.isfinite(state.best_score) and not state.is_better_than_start:
            doubt = "" if self._task.learns_alone else f", or {SAME_VOXELS}"
            self._reporter.log(
                "No validation was better than the one before the first step. Train longer or with "
                f"another learning rate{doubt}.",
                "warning",
            )
        network = self._network_with(state.best_weights)
        scores = self._scores(network, facts)
        verdict = verdict_on(scores, facts.rivals)
        if verdict.sentence:
            self._reporter.log(verdict.sentence)
        outputs = () if verdict.keeps_backbone else (self._request.out,)
        for out in outputs:
            self._write(Path(out), network, self._card(state, facts, scores), facts)
        numbers = {"best_step": float(state.best_step), lesson.judge.score: state.best_score}
        numbers |= mean_scores(scores)
        return Finished(
            outputs,
            numbers={name: value for name, value in numbers.items() if math.isfinite(value)},
            verdict=verdict.sentence,
        )

    def _learner(self, loss: Loss) -> Learner:
        if not self.settings.adversarial:
            return SupervisedLearner(self.network, loss, self.settings)
        torch.manual_seed(self.settings.seed)
        discriminator: nn.Module = load_callable(PATCHGAN_DISCRIMINATOR.build)()
        return AdversarialLearner(self.network, discriminator, loss, self.settings)

    def _settings(self) -> LoopSettings:
        values, request = self.values, self._request
        device = torch.device(self._devices[0])
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
            precision=training_precision(request.precision, device, self.network.needs, depth),
            saves_memory=bool(values["saves_memory"]),
            gradient_clip=float(values["gradient_clip"]),
            weight_averaging=float(values["weight_averaging"]),
            augmentation=str(values["augmentation"]),
            workers=int(values["workers"]),
            patience=int(values["patience"]),
            adversarial=float(values.get(ADVERSARIAL.name, 0.0)),
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

    def _network_with(self, weights: Mapping[str, Any] | None) -> Network:
        """A network of the kind that is trained, on the processor; ``None`` draws its weights."""
        network = build_network(self.spec, self._network_values)
        if weights is not None:
            network.load_state_dict(weights)
        return network

    def _scores(self, network: Network, facts: ModelFacts) -> list[Score]:
        """Of what was kept apart; an adapted model's beside those of the backbone."""
        scores = facts.score(network)
        if self._backbone is None:
            return scores
        return with_backbone(scores, facts.score(self._backbone.network))

    def _keep_best(self, state: TrainingState, facts: ModelFacts) -> None:
        """Leave the best so far in the job folder as a model that can be used."""
        card = self._card(state, facts, [])
        network = self._network_with(state.best_weights)
        self._write(self._folder.best_model_path, network, card, facts)

    def _write(self, path: Path, network: Network, card: ModelCard, facts: ModelFacts) -> None:
        is_ours = path == self._folder.best_model_path
        count = sum(p.numel() for p in network.parameters())
        card = msgspec.structs.replace(card, parameter_count=count)
        save_model(path, network, card, facts.example, overwrite=is_ours or self._request.overwrite)

    def _card(self, state: TrainingState, facts: ModelFacts, scores: Sequence[Score]) -> ModelCard:
        settings = self.settings
        chosen = msgspec.to_builtins(settings) | {"patch": ",".join(map(str, settings.patch))}
        backbone = None if self._backbone is None else self._backbone.card
        begun = "Trained" if backbone is None else f"Adapted from {backbone.name}"
        return ModelCard(
            name=Path(self._request.out).stem,
            title=Path(self._request.out).stem,
            summary=f"{begun} by the user for stacks like the training pairs.",
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
            normalisation=facts.normalisation,
            channel_scales=facts.channel_scales,
            gives_one_plane=facts.gives_one_plane,
            training={
                **chosen,
                "steps_done": state.step,
                "best_step": state.best_step,
                "start_model": self._request.start_model,
                "minutes": round(state.seconds / 60, 2),
            },
            training_data=(*facts.training_data, *(backbone.training_data if backbone else ())),
            scores=tuple(scores),
            limits=facts.limits,
            citation=self.spec.paper,
            created=date.today().isoformat(),  # noqa: DTZ011 - the user's own calendar day
            program_version=__version__,
        )


def _backbone(task: TaskSpec, request: TrainRequest) -> LoadedModel | None:
    """The model to adapt, where there is one.

    Raises:
        ModelRefused: It is made for something else.
        UsageError: The request asks for a network of another kind or size.
    """
    if not request.start_model:
        return None
    model = load_model(find_model(request.start_model))
    card = model.card
    if card.task != task.name:
        raise ModelRefused(
            f"{card.name} is made for {card.task} and cannot learn {task.name}.",
            f"Start from a model for {task.name}, or from nothing.",
        )
    if card.architecture not in ARCHITECTURES:
        raise ModelRefused(
            f"{card.name} came from elsewhere as a finished network and cannot learn more.",
            "Start from a model of this program, or from nothing.",
        )
    values = validated_values(model.spec.parameters, card.architecture_parameters)
    own = {"architecture": card.architecture, **values}
    wanted = {"architecture": request.architecture or card.architecture}
    for name, value in {**wanted, **request.architecture_parameters}.items():
        if own.get(name) != value:
            raise UsageError(
                f"{card.name} has the {name} {own.get(name)}, and adapting it keeps that.",
                f"Leave {name} out, or start from nothing.",
            )
    return model


def _chosen_network(
    task: TaskSpec, request: TrainRequest, values: Mapping[str, Value]
) -> tuple[ArchitectureSpec, dict[str, Value]]:
    """The kind of a new network, and its parameters.

    Raises:
        UsageError: The task has no such network, or the network no such parameter.
    """
    name = request.architecture or task.architectures[0]
    if name not in task.architectures:
        where = f" for {task.name}"
        raise UsageError(*suggest("architecture", name, task.architectures, where))
    spec = ARCHITECTURES[name]
    is_unsure = values.get("loss") == LOSS_OF_THE_UNSURE
    scale = {"has_scale_head": is_unsure} if spec.has_scale else {}
    return spec, validated_values(spec.parameters, {**scale, **request.architecture_parameters})
