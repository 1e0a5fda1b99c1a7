"""Pairs at two magnifications, from files or from a simulation, in the pixels of the target."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.model_card import TrainingData
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.region import Region
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.stack import Stack, read_volume
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import blocks_of, whole_box
from gvtstudio.imaging.registered_stack import RegisteredStack
from gvtstudio.imaging.resampled_stack import ResampledStack
from gvtstudio.imaging.resampling import Resampling, resample_volume
from gvtstudio.imaging.resolution import SMALLEST, single_image_correlation
from gvtstudio.imaging.statistics import measure_volume
from gvtstudio.io.stacks import open_stack
from gvtstudio.tasks.super_resolution.registering import (
    SAME_SCALE,
    area_to_learn,
    common_magnification,
    expected_magnification,
    refuse_unfit,
    registration_of,
)
from gvtstudio.training.fields import PairedField, VoxelSize, known_voxel_size
from gvtstudio.training.patches import NormalisedPair
from gvtstudio.training.simulated import SimulatedStacks
from gvtstudio.training.volumes import VolumeHolder

PERCENTILES = (2.0, 99.8)
SIMULATED_DOSES = (15.0, 150.0)
SIMULATED_SIZE = {"size_z": 1, "size_y": 128, "size_x": 128}
CLEARLY_FINER = 1.5


@dataclass(frozen=True, slots=True)
class MagnifiedData:
    """Everything a super-resolution learns from.

    Args:
        fields: In the order of the request, inputs enlarged to the pixels of their targets.
        magnification: Pixels of a target for one of an input before.
        voxel_um: Of each input before, where it is known.
        sources: For the model card.
    """

    fields: list[PairedField]
    magnification: float
    voxel_um: list[VoxelSize]
    sources: list[TrainingData]


def load_data(
    request: TrainRequest,
    values: Mapping[str, Value],
    holder: VolumeHolder,
    reporter: JobReporter,
) -> MagnifiedData:
    """Every field of the request.

    Raises:
        InputRefused: A pair cannot be used; the sentence names it.
    """
    if request.recipe:
        return _simulated(request.recipe, values, reporter)
    reading = _Reading(request, values, holder, reporter)
    fields = []
    for i, (low, high) in enumerate(request.pairs):
        reporter.progress("Registering pairs", i, len(request.pairs), "pairs")
        fields.append(reading.field(Path(low), Path(high)))
    reporter.progress("Registering pairs", len(request.pairs), len(request.pairs), "pairs")
    reading.warn_of_swapped_roles()
    sources = [TrainingData("User's own pairs", "", f"{len(fields)} pairs of files")]
    magnification = common_magnification(reading.magnifications) if fields else 1.0
    return MagnifiedData(fields, magnification, reading.voxel_um, sources)


class _Reading:
    """Reads pair by pair, and remembers what must be the same in all.

    Args:
        request: Of the training.
        values: Its parameters.
        holder: Where the volumes are kept.
        reporter: Hears how each pair was registered.
    """

    def __init__(
        self,
        request: TrainRequest,
        values: Mapping[str, Value],
        holder: VolumeHolder,
        reporter: JobReporter,
    ) -> None:
        self._values = values
        self._request = request
        self._holder = holder
        self._reporter = reporter
        self.magnifications: dict[str, float] = {}
        self.voxel_um: list[VoxelSize] = []
        self._finer_inputs: list[bool] = []

    def field(self, low_path: Path, high_path: Path) -> PairedField:
        """One pair of files.

        Raises:
            InputRefused: It cannot be used.
        """
        name = low_path.name
        with ExitStack() as stacks:
            request = self._request
            opened = open_stack(low_path, 0, request.voxel_size, request.axes)
            low = stacks.enter_context(closing(opened))
            high = stacks.enter_context(closing(open_stack(high_path, axes=request.axes)))
            refuse_unfit(name, low.info, high.info)
            expected = expected_magnification(self._values, low.info, high.info)
            pairs = [
                pair
                for t in range(low.info.shape[0])
                for pair in self._registered(name, (low, high), t, expected)
            ]
            coarse = known_voxel_size(low.info.calibration)
            fine = known_voxel_size(high.info.calibration)
        magnification = self.magnifications[name]
        if coarse is None and fine is not None:
            coarse = (fine[0], magnification * fine[1], magnification * fine[2])
        if coarse is None:
            return PairedField(name, pairs, None)
        self.voxel_um.append(coarse)
        z, y, x = coarse
        return PairedField(name, pairs, (z, y / magnification, x / magnification))

    def _registered(
        self, name: str, stacks: tuple[Stack, Stack], t: int, expected: float
    ) -> Iterator[NormalisedPair]:
        """All channels of one time point, inputs as their targets show the field."""
        low, high = stacks
        targets = [self._holder.hold(high, t, c) for c in range(high.info.shape[2])]
        first = read_volume(low, t, 0)
        found = registration_of(first, targets[0], name, self._values, expected)
        self._reporter.log(f"{name}: {found.sentence()}.")
        if abs(found.magnification - 1) <= SAME_SCALE:
            self._finer_inputs.append(_is_clearly_finer(first, targets[0]))
        self.magnifications[name] = found.magnification
        area = area_to_learn(found, name)
        registered = RegisteredStack(low, found, area, high.info.calibration)
        rows, columns = (slice(*span) for span in area)
        for c, target in enumerate(targets):
            image = self._holder.hold(registered, t, c)
            # as at prediction: of the whole enlarged input, not of what is learned from
            scale = _scale_of(low, t, c, found.magnification)
            is_own = self._values["target_intensity"] == "own"
            good = target[:, rows, columns]
            own = PercentileNormalization.of(good, PERCENTILES) if is_own else scale
            yield NormalisedPair(image, good, scale, own)

    def warn_of_swapped_roles(self) -> None:
        """Where pixels are equal, only how fine the content is can tell input from target."""
        votes = self._finer_inputs
        if votes and sum(votes) * 2 > len(votes):
            self._reporter.log(
                "The inputs show finer detail than their targets. See whether the folders are "
                "swapped: low magnification belongs into the first.",
                "warning",
            )


def _scale_of(low: Stack, t: int, c: int, magnification: float) -> PercentileNormalization:
    """Of one volume enlarged as a whole."""
    _, z, _, y, x = low.info.shape
    exact = 1.0 if abs(magnification - 1) <= SAME_SCALE else magnification
    enlarged = ResampledStack(low, Resampling.by((z, y, x), (1.0, exact, exact)))
    shape = enlarged.info.shape
    volume = Region.whole(shape).only(t=t, c=c)

    def walk() -> Iterator[np.ndarray]:
        for box in blocks_of(whole_box((shape[1], *shape[3:]))):
            yield enlarged.read(volume.within(**dict(zip("zyx", box, strict=True))))

    return PercentileNormalization.from_statistics(measure_volume(walk, PERCENTILES))


def _is_clearly_finer(image: np.ndarray, target: np.ndarray) -> bool:
    """Whether an input shows finer detail than its target, both in pixels of the same size.

    Nothing can be told of images that were enlarged: their neighbours are alike.
    """
    middle = len(image) // 2
    if min(*image.shape[1:], *target.shape[1:]) < 2 * SMALLEST:
        return False
    ours, theirs = (
        single_image_correlation(volume[middle], (1.0, 1.0)) for volume in (image, target)
    )
    if ours.resolution_um <= ours.finest_um or theirs.resolution_um <= theirs.finest_um:
        return False
    return theirs.resolution_um > CLEARLY_FINER * ours.resolution_um


def _simulated(
    recipe_name: str, values: Mapping[str, Value], reporter: JobReporter
) -> MagnifiedData:
    stacks = SimulatedStacks("super_resolution", recipe_name, int(values["seed"]))
    wanted = float(values["magnification"])
    factor: dict[str, Value] = {"factor": f"{wanted:g}"} if wanted else {}
    # in another order than that of the fields, so that any one left out is as clear as the others
    doses = np.random.default_rng(stacks.first_seed).permutation(
        np.geomspace(*SIMULATED_DOSES, int(values["simulated_stacks"]))
    )
    given = [{**SIMULATED_SIZE, **factor, "dose": float(dose)} for dose in doses]
    fields, voxel_um, magnification = [], [], 1.0
    for name, pair in stacks.every(given, reporter):
        magnification = pair.truth.shape[-1] / pair.noisy.shape[-1]
        image = resample_volume(pair.noisy, pair.truth.shape)
        scale = PercentileNormalization.of(image, PERCENTILES)
        fine = known_voxel_size(pair.truth_calibration or pair.calibration)
        fields.append(PairedField(name, [NormalisedPair(image, pair.truth, scale, scale)], fine))
        coarse = known_voxel_size(pair.calibration)
        if coarse is not None:
            voxel_um.append(coarse)
    low, high = SIMULATED_DOSES
    source = stacks.source(len(fields), f"doses of {low:g} to {high:g}")
    return MagnifiedData(fields, magnification, voxel_um, [source])
