"""What a model is, what it was made from, and how well it does; the ``card.json`` of a package."""

from typing import Literal

import msgspec

CARD_VERSION = 1
NormalisationKind = Literal["percentiles", "mean_std", "none"]
"""What becomes 0 and 1: two percentiles, or the mean and one standard deviation above it; or
intensities stay as they are."""


class TrainingData(msgspec.Struct, frozen=True):
    """One source of training data and its licence."""

    name: str
    licence: str
    detail: str = ""


class Score(msgspec.Struct, frozen=True):
    """One number on one set of data, with everything needed to read it.

    Args:
        data: The stack or stacks it was measured on, never trained on.
        metric: ``psnr_db``, ``ssim``, ``nrmse``; ``dice``, or ``dice of 7`` for one label.
        normalisation: How the images were brought to one scale, for example ``care``.
        raw: The same metric of the input.
        baseline: The same metric of the tuned classical filter.
        baseline_name: Which filter.
        restored: The metric of the restored image.
        backbone: The same metric of what the model that was adapted makes of the input.
    """

    data: str
    metric: str
    normalisation: str
    raw: float
    baseline: float
    baseline_name: str
    restored: float
    backbone: float | None = None


class ModelCard(msgspec.Struct, frozen=True):
    """Everything about a model but its weights.

    Args:
        name: Unique, as used by ``--model``.
        title: Words for the user.
        summary: One sentence: for which data.
        task: Row of ``TASKS``.
        architecture: Row of ``ARCHITECTURES``; ``torchscript`` or ``onnx`` where the network came
            from elsewhere.
        architecture_parameters: Values the network is built with.
        parameter_count: Trainable parameters.
        axes: What the network sees, ``ZYX`` or ``YX``.
        normalisation_percentiles: Lower and upper percentile mapped to 0 and 1.
        normalisation: Whether it is these percentiles that are, or mean and standard deviation.
        voxel_size_um: Lowest and highest seen in training along Z, Y, X; empty: any.
        work_voxel_um: Stacks are resampled to this voxel size (Z, Y, X) before the network sees
            them, and its answer back to theirs; empty: the network sees them as they are. An axis
            whose size is 0 stays as it is.
        magnification: Pixels of the result along Y and X for one of the input.
        channels: Names of those the network gives, where they are others than it is given.
        channel_scales: For each of them the grey values that 0 and 1 of the network stand for.
        gives_one_plane: Whether the network sees all planes of a stack together and gives one.
        training: Recipe, seeds, minutes, steps.
        training_data: Sources and licences.
        scores: Measured on data kept apart.
        limits: What it is not made for, one sentence each.
        labels: What each class of a segmentation stands for in label volumes, class 0 first.
        citation: How to cite the method.
        licence: Of the weights.
        created: ISO date.
        program_version: That trained it.
        weights_sha256: Of ``weights.safetensors``; filled in when the package is written.
        card_version: Of this structure.
    """

    name: str
    title: str
    summary: str
    task: str
    architecture: str
    architecture_parameters: dict[str, bool | int | float | str]
    parameter_count: int
    axes: str
    normalisation_percentiles: tuple[float, float]
    normalisation: NormalisationKind = "percentiles"
    voxel_size_um: tuple[tuple[float, float], ...] = ()
    work_voxel_um: tuple[float, ...] = ()
    magnification: float = 1.0
    channels: tuple[str, ...] = ()
    channel_scales: tuple[tuple[float, float], ...] = ()
    gives_one_plane: bool = False
    training: dict[str, bool | int | float | str] = {}
    training_data: tuple[TrainingData, ...] = ()
    scores: tuple[Score, ...] = ()
    limits: tuple[str, ...] = ()
    labels: tuple[int, ...] = ()
    citation: str = ""
    licence: str = ""
    created: str = ""
    program_version: str = ""
    weights_sha256: str = ""
    card_version: int = CARD_VERSION
