"""A model of bioimage.io becomes a model package, once it gives what its makers say it gives."""

import io
import pickle
from pathlib import Path

import msgspec
import numpy as np
import safetensors.torch
import torch

from gvtstudio.domain.errors import ModelRefused, StackUnsuitable, UsageError
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import Value
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.io.bioimage_reading import ForeignModel
from gvtstudio.io.model_package import Example, ModelPackage, write_package
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.foreign import foreign_network
from gvtstudio.prediction.model import answer_of, build_network

TOLERANCE = 5e-3
"""Largest difference to the answer expected, of its range: theirs was computed elsewhere."""
EXAMPLE_SIZE = (16, 32, 32)
"""Voxels of the test image that are kept, about."""

OWN = {spec.build: spec for spec in ARCHITECTURES.values() if spec.output == "image"}
"""Networks of this program, by the code that packages name for building them."""
_AS_IT_IS: dict[str, Value] = {
    "gain": 1.0, "offset": 0.0, "answer_gain": 1.0, "answer_offset": 0.0, "has_channel_axis": True,
}  # fmt: skip


def adopt(foreign: ForeignModel, path: Path) -> bool:
    """Write the model as a package of this program; returns whether it could be tested.

    Args:
        foreign: What was read.
        path: Of the package.

    Raises:
        ModelRefused: It cannot be loaded, or does not give what it gave where it was made.
    """
    if foreign.card.architecture == "pytorch_state_dict":
        card, network, weights = _own(foreign)
    else:
        _, network = foreign_network(foreign.card, foreign.weights)
        card, weights = foreign.card, foreign.weights
    network.eval()
    count = sum(parameter.numel() for parameter in network.parameters())
    card = msgspec.structs.replace(card, parameter_count=count)
    example = _tested(foreign, network) if foreign.tests else None
    write_package(path, ModelPackage(card, weights, example), overwrite=True)
    return example is not None


def _own(foreign: ForeignModel) -> tuple[ModelCard, Network, bytes]:
    """A network of this program from a state dict, which is read without running anything."""
    build, parameters = foreign.build
    card, spec = foreign.card, OWN[build]
    if any(card.architecture_parameters[name] != value for name, value in _AS_IT_IS.items()):
        raise _unfit(card, "it scales intensities in a way of its own")
    try:
        state = torch.load(io.BytesIO(foreign.weights), map_location="cpu", weights_only=True)
        network = build_network(spec, parameters)
        network.load_state_dict(state)
    except (UsageError, RuntimeError, pickle.UnpicklingError, TypeError, AttributeError) as error:
        raise _unfit(card, f"its state dict does not fit the network {spec.name}") from error
    if "ZYX"[-network.needs.dims :] != card.axes:
        raise _unfit(card, f"the network {spec.name} does not see {card.axes}")
    named = {"architecture": spec.name, "architecture_parameters": dict(parameters)}
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    return msgspec.structs.replace(card, **named), network, safetensors.torch.save(tensors)


def _tested(foreign: ForeignModel, network: Network) -> Example:
    """The package's own test, and a small part of it to keep.

    Raises:
        ModelRefused: The model fails it.
    """
    card = foreign.card
    image, expected = (test.reshape(test.shape[-len(card.axes) :]) for test in _single(foreign))
    seen = _scale_of(card, image).apply(image)
    try:
        answer = answer_of(network, seen)
    except (RuntimeError, StackUnsuitable) as error:
        raise _unfit(card, "its network cannot restore its own test image") from error
    if answer.shape != image.shape:
        raise _unfit(card, "its answer has another size than its input")
    inner = _without_halo(answer, expected.shape)
    is_alike = inner.shape == expected.shape
    spread = max(float(np.ptp(expected)), 1e-6)
    difference = float(np.abs(inner - expected).max()) / spread if is_alike else np.inf
    if not difference <= TOLERANCE:
        raise _unfit(
            card,
            "it does not give here what it gave where it was made (largest difference "
            f"{difference:.2g} of the range)",
        )
    small = seen[tuple(slice(0, n) for n in EXAMPLE_SIZE[-seen.ndim :])]
    return Example(np.ascontiguousarray(small), answer_of(network, small))


def _without_halo(answer: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """The middle of an answer, because makers may leave out what the halo spoils."""
    spans = []
    for whole, part in zip(answer.shape, size, strict=True):
        halo = max(whole - part, 0) // 2
        spans.append(slice(halo, whole - halo))
    return answer[tuple(spans)]


def _single(foreign: ForeignModel) -> tuple[np.ndarray, ...]:
    """The test images, of which there must be one alone.

    Raises:
        ModelRefused: There are several, or one without all axes.
    """
    axes = len(foreign.card.axes)
    for test in foreign.tests:
        if test.ndim < axes or any(n != 1 for n in test.shape[:-axes]):
            raise _unfit(foreign.card, "its test image has several channels or parts")
    return foreign.tests


def _scale_of(card: ModelCard, image: np.ndarray) -> PercentileNormalization:
    if card.normalisation == "none":
        return PercentileNormalization(0.0, 1.0)
    if card.normalisation == "mean_std":
        return PercentileNormalization.standard(image)
    return PercentileNormalization.of(image, card.normalisation_percentiles)


def _unfit(card: ModelCard, why: str) -> ModelRefused:
    return ModelRefused(
        f"The model {card.title} is not imported: {why}.",
        "Ask its makers for a package that passes the test of bioimage.io.",
    )
