"""What a kind of network is, and what predicting with it needs."""

from typing import Literal

import msgspec

from gvtstudio.domain.papers import PAPERS
from gvtstudio.domain.parameters import Parameter, Value

TaskName = Literal[
    "denoising", "label_free", "projection", "super_resolution", "isotropic", "segmentation"
]
Output = Literal["image", "projection", "classes", "brightness", "judgement"]


class PredictionNeeds(msgspec.Struct, frozen=True):
    """What a network asks of the volume and of a tiled prediction, axis by axis.

    Args:
        size_divisor: Sizes are mirrored up to multiples of this, (Z, Y, X) or (Y, X).
        receptive_field: Voxels on each side that the convolutions see; ``None`` where an output
            voxel depends on the whole axis.
        streams_exactly: Whether tiles with a halo of the receptive field, exchanging only the sums
            at the barriers, give the result of the whole volume.
        barriers: Names of the layers that need sums over the whole volume, in order of work.
        smallest_size: Smaller volumes are mirrored up to this, a multiple of the divisor, because
            norms need more than one voxel at the lowest resolution; empty where any size will do.
        smallest_patch: Smaller ones are refused, because no output voxel would be left.
        window: Width of the patches that the network takes, each with its true surroundings, half a
            window on every side; 0 where it takes any size as it is.
        forgets_brightness: Whether a norm makes every tile as bright as any other, so that it is
            given back its own.
    """

    size_divisor: tuple[int, ...]
    receptive_field: tuple[int | None, ...]
    streams_exactly: bool
    barriers: tuple[str, ...] = ()
    smallest_size: tuple[int, ...] = ()
    smallest_patch: tuple[int, ...] = ()
    window: int = 0
    forgets_brightness: bool = False

    @property
    def dims(self) -> int:
        """2 for images, 3 for volumes."""
        return len(self.size_divisor)

    @property
    def least_size(self) -> tuple[int, ...]:
        """The smallest size that is taken as it is; others differ by multiples of the divisor."""
        least = self.smallest_size or self.size_divisor
        patch = self.smallest_patch or self.size_divisor
        axes = zip(least, patch, self.size_divisor, strict=True)
        return tuple(max(a, -(-p // d) * d) for a, p, d in axes)


class Configuration(msgspec.Struct, frozen=True):
    """Parameters of a published network, and how many weights it must have.

    Args:
        title: What distinguishes it: "as published", "with scale head".
        parameter_count: Trainable parameters.
        parameters: What differs from the declared defaults.
    """

    title: str
    parameter_count: int
    parameters: dict[str, Value] = {}


class ArchitectureSpec(msgspec.Struct, frozen=True):
    """A kind of network, a row of ``ARCHITECTURES``.

    Args:
        name: Key in ``ARCHITECTURES`` and in model cards.
        title: Words for the user.
        papers: Where it comes from: rows of ``PAPERS``, the first one first of all.
        advice: When to use it rather than another, in one or two sentences.
        tasks: What it can be trained for, first what it was made for.
        parameters: Declared choices of the constructor.
        build: ``"module:callable"`` returning the network from validated values.
        needs: Of prediction, at the default parameters; a network carries its own.
        configurations: Published ones with their counts; the first has the default parameters.
        output: What comes out: an image, a projection, scores of classes, the odds of every
            brightness, or a judgement whether an image is real.
    """

    name: str
    title: str
    papers: tuple[str, ...]
    advice: str
    tasks: tuple[TaskName, ...]
    parameters: tuple[Parameter, ...]
    build: str
    needs: PredictionNeeds
    configurations: tuple[Configuration, ...]
    output: Output = "image"

    @property
    def paper(self) -> str:
        """Where it comes from, as a list of references has it."""
        return "; ".join(PAPERS[key].reference for key in self.papers)

    @property
    def spatial_dims(self) -> int:
        """2 for images, 3 for volumes."""
        return self.needs.dims

    @property
    def parameter_count(self) -> int:
        """Trainable parameters at the paper's configuration."""
        return self.configurations[0].parameter_count

    @property
    def has_scale(self) -> bool:
        """Whether the network can also learn how unsure each voxel is."""
        return any(parameter.name == "has_scale_head" for parameter in self.parameters)
