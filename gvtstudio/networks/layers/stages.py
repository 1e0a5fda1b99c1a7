"""What a network consists of, found by running it once: the layer tables of the manual.

The operators on the way are watched with hooks, so that a table cannot say anything else than what
the network does.
"""

import inspect
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, get_type_hints

import msgspec
import torch
from torch import Tensor, nn

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.networks.layers.network import Network

_CONTAINERS = (nn.ModuleList, nn.ModuleDict, nn.Sequential)
GONE = "–"


class Stage(msgspec.Struct, frozen=True):
    """One layer of a network.

    Args:
        name: As the state dict calls it.
        words: What it is: ``3-wide convolution, stride 2``, ``global voxel transformer``.
        explanation: First sentence of the class where it is one of ours, else empty.
        channels: It gives out; ``None`` for a layer that only training uses.
        size: Of its output relative to the network's input, one entry per axis: ``1``, ``1/2``;
            a dash where the axis is gone; empty where ``channels`` is ``None``.
        parameter_count: Trainable parameters that no stage before it owns.
    """

    name: str
    words: str
    explanation: str
    channels: int | None
    size: tuple[str, ...]
    parameter_count: int


def stages_of(network: nn.Module, x: Tensor) -> list[Stage]:
    """Every top-level layer in order of work; the counts add up to that of the network.

    Lists and sequences of layers are opened one level, and so are networks within the network. What
    the input does not pass comes last, and then the parameters that belong to no layer.

    Args:
        network: Of any kind.
        x: (B, C, *size), small, of a size the network need not mirror, see :func:`small_input`.
    """
    layers = dict(_top_layers(network))
    passed = _outputs(network, layers, x)
    counted: set[int] = set()
    stages = []
    for name in [*passed, *(name for name in layers if name not in passed)]:
        layer = layers[name]
        channels, size = _described(passed[name], x) if name in passed else (None, ())
        words, explanation = words_for(layer), explanation_of(layer)
        stages.append(Stage(name, words, explanation, channels, size, _count(layer, counted)))
    if rest := _count(network, counted):
        stages.append(Stage("", "parameters of no layer", "", None, (), rest))
    return stages


def small_input(needs: PredictionNeeds, in_channels: int) -> Tensor:
    """``(1, in_channels, *size)`` of a size that is cheap and need not be mirrored."""
    least = needs.smallest_size or (1,) * needs.dims
    patch = needs.smallest_patch or (1,) * needs.dims
    size = [
        # a patch just large enough leaves one voxel, which tells nothing of the size
        math.ceil(max(2 * divisor, 16, smallest, 4 * n) / divisor) * divisor
        for divisor, smallest, n in zip(needs.size_divisor, least, patch, strict=True)
    ]
    return torch.rand((1, in_channels, *size), generator=torch.Generator().manual_seed(0))


def _top_layers(network: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    for name, child in network.named_children():
        if _is_network(child):
            yield from _top_layers(child, f"{prefix}{name}.")
        elif isinstance(child, _CONTAINERS):
            yield from ((f"{prefix}{name}.{n}", layer) for n, layer in child.named_children())
        else:
            yield prefix + name, child


def _is_network(layer: nn.Module) -> bool:
    """Whether it answers as a network does: with the parts of a result, not with features."""
    returned = get_type_hints(type(layer).forward).get("return")
    return isinstance(layer, Network) or (inspect.isclass(returned) and issubclass(returned, tuple))


def _outputs(network: nn.Module, layers: dict[str, nn.Module], x: Tensor) -> dict[str, Tensor]:
    """What each layer gave when it was first passed, in the order in which they began."""
    outputs: dict[str, Any] = {}

    def begun(name: str) -> Callable[..., None]:
        def note(layer: nn.Module, inputs: object) -> None:
            outputs.setdefault(name, None)

        return note

    def done(name: str) -> Callable[..., None]:
        def keep(layer: nn.Module, inputs: object, output: object) -> None:
            if outputs[name] is None:
                outputs[name] = _first_tensor(output)

        return keep

    handles = []
    for name, layer in layers.items():
        handles.append(layer.register_forward_pre_hook(begun(name)))
        handles.append(layer.register_forward_hook(done(name)))
    try:
        with torch.no_grad(), _predicting(network):
            network(x)
    finally:
        for handle in handles:
            handle.remove()
    return outputs


@contextmanager
def _predicting(network: nn.Module) -> Iterator[None]:
    """As in prediction, by one thread: on a small input threads only wait for one another."""
    was_training, threads = network.training, torch.get_num_threads()
    network.eval()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        network.train(was_training)


def _first_tensor(output: Any) -> Tensor:
    while not isinstance(output, Tensor):
        output = output[0]
    return output


def _described(output: Tensor, x: Tensor) -> tuple[int, tuple[str, ...]]:
    dims = x.ndim - 2
    kept = min(dims, output.ndim - 2)
    channels = math.prod(output.shape[1 : output.ndim - kept])
    sizes = list(output.shape[output.ndim - kept :])
    if kept < dims and len(output) > len(x):  # the planes of a volume one by one
        sizes.insert(0, len(output) // len(x))
    whole = x.shape[x.ndim - len(sizes) :]
    ratios = [_ratio(*pair) for pair in zip(sizes, whole, strict=True)]
    return channels, (*[GONE] * (dims - len(sizes)), *ratios)


def _ratio(size: int, whole: int) -> str:
    """``1/2`` or ``2``; the nearest power of two where a convolution without padding took some."""
    if whole % size and size % whole:
        power = round(math.log2(size / whole))
        return f"about {2**power if power >= 0 else f'1/{2**-power}'}"
    return f"1/{whole // size}" if size < whole else str(size // whole)


def _count(layer: nn.Module, counted: set[int]) -> int:
    new = {id(p): p.numel() for p in layer.parameters() if p.requires_grad}
    total = sum(n for key, n in new.items() if key not in counted)
    counted.update(new)
    return total


def words_for(layer: nn.Module) -> str:
    """What a layer is: torch's by their numbers, ours by the name of their class.

    Example:
        ``3-wide convolution, stride 2``; ``batch norm``; ``global voxel transformer``.
    """
    if isinstance(layer, nn.Sequential):
        return ", ".join(map(words_for, layer))
    for kinds, describe in _TORCH_LAYERS.items():
        if isinstance(layer, kinds):
            return describe(layer)
    return _called(type(layer)) if _is_ours(layer) else type(layer).__name__


def explanation_of(layer: nn.Module) -> str:
    """The first sentence of a layer of ours, without the shapes, which the table has anyway."""
    text = " ".join((inspect.getdoc(layer) or "").split("\n\n")[0].split())
    sentence = re.split(r"(?<=[a-z0-9`)])\.(?:\s|$)", text)[0]
    explanation = re.split(r":? ?``\([A-Z],", sentence)[0]
    return explanation if _is_ours(layer) else ""


def _is_ours(layer: nn.Module) -> bool:
    return type(layer).__module__.startswith("gvtstudio.")


def _called(kind: type) -> str:
    """``GlobalVoxelTransformer`` → ``global voxel transformer``, ``CNNTCell`` → ``CNNT cell``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", kind.__name__).split()
    return " ".join(word if word.isupper() else word.lower() for word in words)


def _width(values: Any) -> str:
    """One number where all axes have the same."""
    axes = values if isinstance(values, tuple) else (values,)
    return str(axes[0]) if len(set(axes)) == 1 else " × ".join(map(str, axes))


def _extent(layer: Any) -> str:
    width = _width(layer.kernel_size)
    return width if "×" in width else f"{width} per axis"


def _convolution(layer: Any) -> str:
    kind = "transposed convolution" if getattr(layer, "transposed", False) else "convolution"
    stride = "" if set(layer.stride) == {1} else f", stride {_width(layer.stride)}"
    groups = "" if layer.groups == 1 else f", {layer.groups} groups"
    return f"{_width(layer.kernel_size)}-wide {kind}{stride}{groups}"


_TORCH_LAYERS: dict[tuple[type, ...], Callable[[Any], str]] = {
    (nn.Conv1d, nn.Conv2d, nn.Conv3d): _convolution,
    (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d): _convolution,
    (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d): lambda _: "batch norm",
    (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d): lambda _: "instance norm",
    (nn.LayerNorm,): lambda _: "layer norm",
    (nn.MaxPool2d, nn.MaxPool3d): lambda layer: f"maximum of {_extent(layer)}",
    (nn.AvgPool2d, nn.AvgPool3d): lambda layer: f"mean of {_extent(layer)}",
    (nn.Upsample,): lambda layer: f"{layer.mode} upsampling × {layer.scale_factor:g}",
    (nn.Linear,): lambda _: "linear layer",
}
