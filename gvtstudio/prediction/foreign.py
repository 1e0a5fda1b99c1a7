"""Networks from other programs: they are run as they are, in blended tiles.

They came as TorchScript or ONNX, which say nothing of what a voxel of the answer depends on but the
halo that their makers declare. They compute in float32.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.domain.errors import ModelRefused
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.prediction.torchscript import load_torchscript


class OnnxRunner(nn.Module):
    """An ONNX network, which always computes on the processor.

    Args:
        content: Of the file.
        name: For the sentence where it cannot be loaded.

    Raises:
        ModelRefused: ONNX Runtime is not installed, or cannot load it.
    """

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__()
        if find_spec("onnxruntime") is None:
            raise ModelRefused(
                f"{name} is an ONNX model, and ONNX Runtime is not installed.",
                "Install the Python package onnxruntime, or get the model as TorchScript.",
            )
        runtime = import_module("onnxruntime")
        try:
            self._session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
        # its errors have no other ancestor in common
        except Exception as error:
            raise ModelRefused(
                f"The ONNX network of {name} cannot be loaded.",
                "Get the file again, or update ONNX Runtime.",
            ) from error
        self._entry = self._session.get_inputs()[0].name

    def forward(self, x: Tensor) -> Tensor:
        """Whatever the file says."""
        (answer, *_) = self._session.run(None, {self._entry: x.cpu().numpy()})
        return torch.from_numpy(answer).to(x.device)


RUNNERS: dict[str, Callable[[bytes, str], nn.Module]] = {
    "torchscript": load_torchscript,
    "onnx": OnnxRunner,
}


class ForeignNetwork(Network):
    """``(B, 1, *size) → Restored``.

    Args:
        runner: The network.
        card: Of the model; its parameters say how it is run.
    """

    def __init__(self, runner: nn.Module, card: ModelCard) -> None:
        super().__init__(needs_of(card))
        self.runner = runner
        values = card.architecture_parameters
        self._has_channel_axis = bool(values["has_channel_axis"])
        self._before = float(values["gain"]), float(values["offset"])
        self._after = float(values["answer_gain"]), float(values["answer_offset"])

    def evaluate(self, x: Tensor) -> Restored:
        """The network's answer, in the units of the model's own."""
        with torch.autocast(x.device.type, enabled=False):
            x = x.float() * self._before[0] + self._before[1]
            answer = self.runner(x if self._has_channel_axis else x[:, 0])
            if isinstance(answer, tuple | list):
                answer = answer[0]
            answer = answer * self._after[0] + self._after[1]
        return Restored(answer if self._has_channel_axis else answer[:, None])


def needs_of(card: ModelCard) -> PredictionNeeds:
    """What the model declares of sizes and halo."""
    values = card.architecture_parameters
    least, divisor, halo = (
        tuple(int(n) for n in str(values[name]).split(","))
        for name in ("least_size", "size_divisor", "halo")
    )
    return PredictionNeeds(
        size_divisor=divisor,
        receptive_field=tuple(n or None for n in halo),
        streams_exactly=False,
        smallest_size=least,
    )


def foreign_network(card: ModelCard, weights: bytes) -> tuple[ArchitectureSpec, Network]:
    """The network of a card whose architecture is a kind of file, and a row that tells of it.

    Raises:
        ModelRefused: It cannot be loaded.
    """
    network = ForeignNetwork(RUNNERS[card.architecture](weights, card.name), card)
    spec = ArchitectureSpec(
        name=card.architecture,
        title=f"a network from elsewhere ({card.architecture})",
        papers=(),
        advice="",
        tasks=("denoising",),
        parameters=(),
        build="",
        needs=network.needs,
        configurations=(Configuration("as it came", card.parameter_count),),
    )
    return spec, network
