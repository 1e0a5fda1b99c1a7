"""Tiny models of every kind, packed like trained ones."""

from pathlib import Path

import msgspec
import numpy as np
import torch

from gvtstudio import __version__
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network, save_model


def write_model(
    path: Path, architecture: str, task: str = "denoising", *, small: bool = True, **card: object
) -> Path:
    """A model with new weights.

    Args:
        path: Where to.
        architecture: Row of ``ARCHITECTURES``.
        task: Row of ``TASKS``.
        small: With few channels.
        card: What its card says beside the usual; ``parameters`` of the network are among it.
    """
    spec = ARCHITECTURES[architecture]
    declared = {parameter.name for parameter in spec.parameters}
    parameters = {"base_channels": 8} if small and "base_channels" in declared else {}
    parameters |= card.pop("parameters", {})
    torch.manual_seed(0)
    network = build_network(spec, parameters)
    made = ModelCard(
        name=path.stem,
        title=f"Tiny: {architecture}, for tests",
        summary="For tests.",
        task=task,
        architecture=architecture,
        architecture_parameters=parameters,
        parameter_count=sum(p.numel() for p in network.parameters()),
        axes="ZYX"[-spec.spatial_dims :],
        normalisation_percentiles=(2.0, 99.8),
        licence="CC BY 4.0",
        program_version=__version__,
    )
    size = tuple(2 * n for n in network.needs.least_size)
    channels = (network.in_channels,) * (network.in_channels > 1)
    image = np.random.default_rng(0).random((*channels, *size), np.float32)
    save_model(path, network, msgspec.structs.replace(made, **card), image, overwrite=False)
    return path
