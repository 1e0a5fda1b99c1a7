"""Stacks in transmitted light and the fluorescence of the same fields, from files or simulated."""

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.errors import InputRefused, StackUnsuitable
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.model_card import TrainingData
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.stack import Stack
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.resampling import resample_volume
from gvtstudio.imaging.suitability import judge_volume
from gvtstudio.io.stacks import inspect_stack, open_stack
from gvtstudio.tasks.label_free.checks import (
    Roles,
    input_channel,
    label_names,
    refuse_unfit,
    size_doubts,
)
from gvtstudio.training.fields import known_voxel_size
from gvtstudio.training.simulated import SimulatedStacks
from gvtstudio.training.stained import StainedField, StainedVolume
from gvtstudio.training.volumes import VolumeHolder

BRIGHTNESS_PERCENTILES = (0.1, 99.9)
"""Of a label, mapped to the lowest and the highest class of a network that knows classes."""
SIMULATED = {"size_z": 24, "size_y": 128, "size_x": 128}
UNUSED = PercentileNormalization(0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """How the pairs are read.

    Args:
        input_channel: Of the transmitted light, counted from 1; 0 for the only one.
        pixel_um: Pixel size to bring them to; 0 leaves them as they are.
        has_classes: Whether the network tells classes of brightness, from 0 to 1.
        takes_images: Whether the network takes planes one by one.
    """

    input_channel: int
    pixel_um: float
    has_classes: bool
    takes_images: bool


@dataclass(frozen=True, slots=True)
class StainedData:
    """Everything a label-free prediction learns from.

    Args:
        fields: In the order of the request.
        labels: Names of the fluorescence channels.
        sources: For the model card.
    """

    fields: list[StainedField]
    labels: tuple[str, ...]
    sources: list[TrainingData]

    @property
    def volumes(self) -> list[StainedVolume]:
        """Of all fields."""
        return [volume for field in self.fields for volume in field.volumes]


def load_data(
    request: TrainRequest,
    values: Mapping[str, Value],
    reading: Reading,
    holder: VolumeHolder,
    reporter: JobReporter,
) -> StainedData:
    """Every field of the request, and the labels they have.

    Raises:
        InputRefused: A pair cannot be used; the sentence names it.
        UsageError: There is no such channel or recipe.
    """
    if request.recipe:
        return _simulated_data(request.recipe, values, reading, reporter)
    if not request.pairs:
        raise InputRefused(
            "Label-free prediction learns from pairs, and there are none.",
            "Give a folder of stacks in transmitted light and one of their fluorescence.",
        )
    return _FieldsOfFiles(request, reading, holder, reporter).read()


class _FieldsOfFiles:
    """Reads the pairs of a request.

    Args:
        request: Names the pairs, transmitted light and fluorescence, and what was typed of them.
        reading: How.
        holder: Where the volumes are kept.
        reporter: Hears of every pair.
    """

    def __init__(
        self,
        request: TrainRequest,
        reading: Reading,
        holder: VolumeHolder,
        reporter: JobReporter,
    ) -> None:
        self._files = [(Path(image), Path(target)) for image, target in request.pairs]
        self._request = request
        self._reading = reading
        self._holder = holder
        self._reporter = reporter
        self._roles = Roles(reporter)
        self._labels: tuple[str, ...] = ()

    def read(self) -> StainedData:
        """All of them, after a look at all descriptions."""
        names: list[str] = []
        for image_path, target_path in self._files:
            image = inspect_stack(image_path, axes=self._request.axes)
            target = inspect_stack(target_path)
            refuse_unfit(image, target, takes_images=self._reading.takes_images)
            names += label_names(target)
        self._labels = tuple(dict.fromkeys(names))
        count = len(self._files)
        fields = []
        for i, (image_path, target_path) in enumerate(self._files):
            self._reporter.progress("Reading pairs", i, count, "pairs")
            fields.append(self._field(image_path, target_path))
        self._reporter.progress("Reading pairs", count, count, "pairs")
        self._roles.say_doubts()
        for sentence in size_doubts([v for field in fields for v in field.volumes], self._reading):
            self._reporter.log(sentence, "warning")
        sources = [TrainingData("User's own pairs", "", f"{len(fields)} pairs of files")]
        return StainedData(fields, self._labels, sources)

    def _field(self, image_path: Path, target_path: Path) -> StainedField:
        with ExitStack() as stacks:
            request = self._request
            # the stains have channels of their own
            opened = open_stack(image_path, 0, request.voxel_size, request.axes)
            light = stacks.enter_context(closing(opened))
            stained = stacks.enter_context(closing(open_stack(target_path)))
            c = input_channel(light.info, self._reading.input_channel)
            calibration = light.info.calibration
            factors = _factors(calibration, self._reading.pixel_um, image_path.name)
            places = {name: c for c, name in enumerate(label_names(stained.info))}
            volumes = []
            for t in range(light.info.shape[0]):
                image = self._volume(light, (t, c), factors)
                _refuse_constant(image, image_path.name)
                stains = tuple(
                    self._stain(stained, (t, places[name]), factors) if name in places else None
                    for name in self._labels
                )
                if all(stain is None for stain in stains):
                    raise StackUnsuitable(
                        f"The fluorescence of {target_path.name} has the same value everywhere, in "
                        "all channels.",
                        "Remove this pair.",
                    )
                volumes.append(stained_volume(image, stains, self._reading))
                self._roles.look_at(volumes[-1], target_path.name)
        return StainedField(image_path.name, volumes, known_voxel_size(calibration))

    def _stain(
        self, stack: Stack, place: tuple[int, int], factors: tuple[float, float]
    ) -> np.ndarray | None:
        """A label, ``None`` where it is missing: a channel of one value shows nothing."""
        volume = self._volume(stack, place, factors)
        return None if judge_volume(volume, stack.info.name).is_constant else volume

    def _volume(
        self, stack: Stack, place: tuple[int, int], factors: tuple[float, float]
    ) -> np.ndarray:
        return resampled(self._holder.hold(stack, *place), factors)


def stained_volume(
    image: np.ndarray, stains: tuple[np.ndarray | None, ...], reading: Reading
) -> StainedVolume:
    """A volume with the maps that bring it to the network's scale.

    Args:
        image: (Z, Y, X) in transmitted light.
        stains: ``None`` where one is missing.
        reading: Settles the scale of the stains: z-scores, or 0 to 1 for classes.
    """

    def scale(stain: np.ndarray | None) -> PercentileNormalization:
        if stain is None:
            return UNUSED
        if reading.has_classes:
            return PercentileNormalization.of(stain, BRIGHTNESS_PERCENTILES)
        return PercentileNormalization.standard(stain)

    own = PercentileNormalization.standard(image)
    return StainedVolume(image, own, stains, tuple(map(scale, stains)))


def resampled(volume: np.ndarray, factors: tuple[float, float]) -> np.ndarray:
    """A volume with so many pixels for one along Y and X; as it is where they are 1."""
    if factors == (1.0, 1.0):
        return volume
    z, *size = volume.shape
    y, x = (max(1, round(n * factor)) for n, factor in zip(size, factors, strict=True))
    return resample_volume(volume, (z, y, x))


def _factors(calibration: Calibration, pixel_um: float, name: str) -> tuple[float, float]:
    """Pixels along Y and X for one of the file."""
    if not pixel_um:
        return 1.0, 1.0
    if calibration.y_um is None or calibration.x_um is None:
        raise StackUnsuitable(
            f"The pixel size of {name} is not known, so that it cannot be brought to "
            f"{pixel_um:g} µm.",
            "Give --voxel-size Z,Y,X, or --pixel-um 0 to leave the pixels as they are.",
        )
    return calibration.y_um / pixel_um, calibration.x_um / pixel_um


def _refuse_constant(image: np.ndarray, name: str) -> None:
    if judge_volume(image, name).is_constant:
        raise StackUnsuitable(
            f"The transmitted light of {name} has the same value everywhere.", "Remove this pair."
        )


def _simulated_data(
    recipe_name: str, values: Mapping[str, Value], reading: Reading, reporter: JobReporter
) -> StainedData:
    stacks = SimulatedStacks("label_free", recipe_name, int(values["seed"]))
    count = int(values["simulated_stacks"])
    fields: list[StainedField] = []
    labels: tuple[str, ...] = ()
    for name, pair in stacks.every([SIMULATED] * count, reporter):
        labels = tuple(channel.name for channel in pair.truth_channels)
        factors = _factors(pair.calibration, reading.pixel_um, name)
        stains = tuple(resampled(pair.truth[:, c], factors) for c in range(len(labels)))
        volume = stained_volume(resampled(pair.noisy, factors), stains, reading)
        fields.append(StainedField(name, [volume], known_voxel_size(pair.calibration)))
    return StainedData(fields, labels, [stacks.source(count, "bright field")])
