"""What a training of label-free prediction settles from the request, its pairs and its start."""

from collections.abc import Mapping, Sequence

import numpy as np

from gvtstudio.domain.architecture import ArchitectureSpec
from gvtstudio.domain.errors import ModelRefused, UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import Value, suggest
from gvtstudio.io.model_package import read_card
from gvtstudio.io.model_shelf import find_model
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.tasks.label_free.checks import planes_at_once
from gvtstudio.tasks.label_free.pairs import UNUSED, Reading, StainedData
from gvtstudio.tasks.label_free.spec import LABEL_FREE
from gvtstudio.training.stained import StainedField, StainedVolume

USUAL_PLANES = 13
"""Of the GT U-Net in the paper."""


def start_card(request: TrainRequest) -> ModelCard | None:
    """Card of the model to adapt, where there is one.

    Raises:
        ModelRefused: It is made for something else.
    """
    if not request.start_model:
        return None
    card = read_card(find_model(request.start_model))
    if card.task != LABEL_FREE.name:
        raise ModelRefused(
            f"{card.name} is made for {card.task} and cannot learn {LABEL_FREE.name}.",
            f"Start from a model for {LABEL_FREE.name}, or from nothing.",
        )
    return card


def chosen_spec(request: TrainRequest, card: ModelCard | None) -> ArchitectureSpec:
    """The kind of network that is trained.

    Raises:
        UsageError: There is none of that name for this task.
    """
    if card is not None and card.architecture in ARCHITECTURES:
        return ARCHITECTURES[card.architecture]
    name = request.architecture or LABEL_FREE.architectures[0]
    if name not in LABEL_FREE.architectures:
        where = f" for {LABEL_FREE.name}"
        raise UsageError(*suggest("architecture", name, LABEL_FREE.architectures, where))
    return ARCHITECTURES[name]


class LessonPlan:
    """What is settled before anything is learned.

    Args:
        request: What the user asked for.
        values: Of all training parameters.
        spec: Kind of the network.
        card: Of the model to adapt.

    Raises:
        UsageError: Another pixel size than that of the model to adapt.
    """

    def __init__(
        self,
        request: TrainRequest,
        values: Mapping[str, Value],
        spec: ArchitectureSpec,
        card: ModelCard | None,
    ) -> None:
        self._request = request
        self._card = card
        self.has_classes = spec.output == "brightness"
        self._takes_images = spec.spatial_dims == 2
        self._wanted_planes = int(values["planes"])
        self.pixel_um = float(values["pixel_um"])
        if card is not None:
            self._take_over(card)
        self.reading = Reading(
            input_channel=int(values["input_channel"]),
            pixel_um=self.pixel_um,
            has_classes=self.has_classes,
            takes_images=self._takes_images,
        )

    def _take_over(self, card: ModelCard) -> None:
        known = card.work_voxel_um[1] if card.work_voxel_um else 0.0
        if self.pixel_um and self.pixel_um != known:
            works = f"pixels of {known:g} µm" if known else "pixels as they are"
            raise UsageError(
                f"{card.name} works on {works}, not on {self.pixel_um:g} µm.",
                "Leave the common pixel size out when a model is adapted.",
            )
        self.pixel_um = known
        if self._takes_images:
            self._wanted_planes = int(card.architecture_parameters["in_channels"])

    def fitted(self, data: StainedData) -> StainedData:
        """The pairs with the labels of the model to adapt, in its order; some may be missing.

        Raises:
            ModelRefused: The pairs have a label that it does not know, or other planes.
        """
        card = self._card
        if card is None:
            return data
        unknown = [label for label in data.labels if label not in card.channels]
        if unknown:
            raise ModelRefused(
                f"{card.name} does not know the label {unknown[0]} of your pairs.",
                f"Name the channels of the targets {', '.join(card.channels)}, or start from "
                "nothing.",
            )
        if self.gives_one_plane(data) != card.gives_one_plane:
            given = "a single plane" if card.gives_one_plane else "a plane for each of the input"
            raise ModelRefused(
                f"{card.name} predicts {given}, but your targets have another number of planes.",
                "Give targets like those it was trained on, or start from nothing.",
            )
        fields = [
            StainedField(
                field.name,
                [_in_order(volume, data.labels, card.channels) for volume in field.volumes],
                field.voxel_um,
            )
            for field in data.fields
        ]
        return StainedData(fields, card.channels, data.sources)

    def planes(self, data: StainedData) -> int:
        """Planes that go in as channels; 0 for a network for volumes.

        Raises:
            InputRefused: The stacks have too few planes, or different numbers of them.
        """
        if not self._takes_images:
            return 0
        named = [(field.name, volume) for field in data.fields for volume in field.volumes]
        return planes_at_once(named, self._wanted_planes, USUAL_PLANES)

    def gives_one_plane(self, data: StainedData) -> bool:
        """Whether all planes of a stack become one."""
        return any(volume.shape[0] < len(volume.image) for volume in data.volumes)

    def network_values(self, data: StainedData) -> dict[str, Value]:
        """Parameters of the network, of which the pairs settle some.

        Raises:
            UsageError: The user asked for others than these.
        """
        given = self._request.architecture_parameters
        targets = "targets" if self.has_classes else "out_channels"
        settled: dict[str, Value] = {
            "in_channels": self.planes(data) or 1,
            targets: len(data.labels),
        }
        for name, value in settled.items():
            if given.get(name, value) != value:
                raise UsageError(
                    f"{name} cannot be {given[name]}: the pairs have {value}.",
                    f"Leave {name} out; it follows from the pairs.",
                )
        if self.has_classes and "patch_yx" in self._request.parameters:
            settled["window"] = self._request.parameters["patch_yx"]
        return {**settled, **given}

    def channel_scales(
        self, data: StainedData, learned: Sequence[StainedField]
    ) -> tuple[tuple[float, float], ...]:
        """Grey values that 0 and 1 of the network stand for: the means of what it learned from."""
        volumes = [volume for field in learned for volume in field.volumes]
        scales = []
        for number in range(len(data.labels)):
            known = [
                volume.stain_scales[number]
                for volume in (volumes if _is_known(volumes, number) else data.volumes)
                if volume.stains[number] is not None
            ]
            if not known and self._card is not None:
                scales.append(self._card.channel_scales[number])
                continue
            low, high = np.mean([(scale.low, scale.high) for scale in known], axis=0).tolist()
            scales.append((low, high))
        return tuple(scales)


def _is_known(volumes: Sequence[StainedVolume], number: int) -> bool:
    return any(volume.stains[number] is not None for volume in volumes)


def _in_order(volume: StainedVolume, labels: Sequence[str], order: Sequence[str]) -> StainedVolume:
    """The volume with its stains in the order of a model."""
    stains = dict(zip(labels, volume.stains, strict=True))
    scales = dict(zip(labels, volume.stain_scales, strict=True))
    return StainedVolume(
        volume.image,
        volume.scale,
        tuple(stains.get(label) for label in order),
        tuple(scales.get(label, UNUSED) for label in order),
    )
