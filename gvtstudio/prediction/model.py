"""A model package made ready to predict."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import torch

from gvtstudio import __version__
from gvtstudio.domain.architecture import ArchitectureSpec
from gvtstudio.domain.errors import ModelRefused, StackUnsuitable, UsageError
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import validated_values
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.io.model_package import (
    FOREIGN_WEIGHTS,
    Example,
    ModelPackage,
    read_package,
    write_package,
)
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.foreign import foreign_network

EXAMPLE_TOLERANCE = 1e-3
"""Largest difference on the normalised scale that another processor or library may make."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A network with its weights, on the CPU in float32, and what is known about it."""

    card: ModelCard
    spec: ArchitectureSpec
    network: Network

    @property
    def has_scale(self) -> bool:
        """Whether it says how unsure it is: the width of the distribution around each voxel.

        Or how undecided, where it gives the odds of every brightness.
        """
        if self.spec.output == "brightness":
            return True
        if not self.spec.has_scale:
            return False
        chosen = validated_values(self.spec.parameters, self.card.architecture_parameters)
        return bool(chosen["has_scale_head"])


def load_model(path: Path, *, is_new_here: bool = False) -> LoadedModel:
    """Build the network of a package and fill in its weights.

    A package made by another version of the program is checked with its own example first, and so
    is one that is new here, where it has an example.

    Args:
        path: The package.
        is_new_here: Whether it comes from elsewhere and was never used on this computer.

    Raises:
        FileUnreadable: The package is missing or damaged.
        ModelRefused: The package is for another program version or does not fit its architecture.
    """
    package = read_package(path)
    card = package.card
    is_foreign = card.architecture in FOREIGN_WEIGHTS
    fitted = foreign_network if is_foreign else _own_network
    try:
        spec, network = fitted(card, package.weights)
    except (UsageError, RuntimeError, KeyError, ValueError, safetensors.SafetensorError) as error:
        raise ModelRefused(
            f"{path.name} does not fit this program: {card.architecture} cannot be built.",
            "Update the program, or get the model for this version.",
        ) from error
    network.eval()
    if package.example is not None and (is_new_here or card.program_version != __version__):
        _check_example(path, network, package.example)
    return LoadedModel(card, spec, network)


def _own_network(card: ModelCard, weights: bytes) -> tuple[ArchitectureSpec, Network]:
    spec = look_up(ARCHITECTURES, "architecture", card.architecture)
    network = build_network(spec, card.architecture_parameters)
    tensors = safetensors.torch.load(weights)
    network.load_state_dict({name: t.float() for name, t in tensors.items()})
    return spec, network


def build_network(spec: ArchitectureSpec, parameters: Mapping[str, object]) -> Network:
    """The network of a row with new weights, drawn from torch's global generator.

    Raises:
        UsageError: A parameter that does not exist or is out of range.
    """
    network: Network = load_callable(spec.build)(**validated_values(spec.parameters, parameters))
    return network


def save_model(
    path: Path,
    network: Network,
    card: ModelCard,
    example_image: np.ndarray,
    *,
    overwrite: bool,
    half: bool = False,
) -> ModelCard:
    """Write a network as a model package.

    Args:
        path: Where to.
        network: On the CPU, in float32.
        card: Without the hash of the weights, which is filled in.
        example_image: Normalised input for the self-check, a few thousand voxels: (Z, Y, X) or
            (Y, X), with a channel axis in front where the network takes several.
        overwrite: Whether an existing file may be replaced.
        half: Store weights in half precision, as bundled models do.

    Returns:
        The card as written.
    """
    kept = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in network.state_dict().items()
    }
    network.load_state_dict({name: tensor.float() for name, tensor in kept.items()})
    network.eval()
    example = Example(example_image.astype(np.float32), answer_of(network, example_image))
    package = ModelPackage(card, safetensors.torch.save(kept), example)
    return write_package(path, package, overwrite=overwrite)


def answer_of(network: Network, image: np.ndarray) -> np.ndarray:
    """The first thing the network says of an image, without the axes of batch and one channel."""
    tensor = torch.from_numpy(image.astype(np.float32))[None]
    with torch.inference_mode():
        output = network(tensor[None] if image.ndim == network.needs.dims else tensor)
    first = output if isinstance(output, torch.Tensor) else output[0]
    answer: np.ndarray = first[0].squeeze(0).numpy()
    return answer


def _check_example(path: Path, network: Network, example: Example) -> None:
    try:
        answer = answer_of(network, example.image)
    except (StackUnsuitable, RuntimeError) as error:
        raise ModelRefused(
            f"{path.name} cannot restore the image it was packed with.",
            "Get the file again from where it came.",
        ) from error
    is_alike = answer.shape == example.output.shape
    difference = float(np.abs(answer - example.output).max()) if is_alike else np.inf
    if not difference <= EXAMPLE_TOLERANCE:
        raise ModelRefused(
            f"{path.name} gives other results with this version of the program than when it was "
            f"made (largest difference {difference:.2g} of the intensity range).",
            "Use the version it was made with, or train it again.",
        )
