"""A network laid open as steps, so that any region of any step can be computed by itself.

``torch.fx`` writes down what :meth:`Network.evaluate` does. Every step then knows how its size
relates to the input and which region of its inputs a region of its output needs. Going backwards
from what is wanted, each step computes just that; zeros are padded only where the volume ends, so
that a tile of the result is the tile of the whole.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from gvtstudio.imaging.open_volume import slices_of, whole_box
from gvtstudio.networks.layers.barrier import Barrier
from gvtstudio.networks.layers.convolutions import HalvingConvolution
from gvtstudio.networks.layers.geometry import POINTWISE, Geometry, Span, geometry_of
from gvtstudio.networks.layers.network import Network

Region = tuple[Span, ...]
"""First and last-but-one voxel along every axis of a step's tensor."""

_CONVOLVE: dict[type, Callable[..., Tensor]] = {
    nn.Conv2d: functional.conv2d,
    nn.Conv3d: functional.conv3d,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of the network.

    Args:
        name: Unique.
        node: What ``torch.fx`` wrote down.
        layer: The module called, if one is.
        scale: Size relative to the network's input along each axis of the step's tensor; empty
            for what is no image.
        channels: Of the step's tensor.
        stage: How many barriers must be passed before it can be computed.
        work: Multiplications per voxel of its output.
    """

    name: str
    node: fx.Node
    layer: nn.Module | None
    scale: tuple[Fraction, ...]
    channels: int
    stage: int
    work: int

    @property
    def inputs(self) -> list[str]:
        """Names of the steps it takes, in order, each once."""
        return [node.name for node in self.node.all_input_nodes]


class Flow:
    """A network as steps.

    Args:
        network: One that streams exactly, in prediction mode.
        outputs: Names of the answers wanted, in the network's own words; empty takes the first.

    Attributes:
        steps: In order of work.
        entry: Name of the step that is the input.
        answers: Names of the steps whose tensors are the answers wanted.
        barriers: Names of the steps at barriers, in order.
    """

    def __init__(self, network: Network, outputs: Sequence[str] = ()) -> None:
        graph = _Tracer().trace(network)
        module = fx.GraphModule(network, graph)
        seen = _Probe(module)
        size = _probing_size(network)
        weight = next(network.parameters())
        probe = torch.zeros((1, network.in_channels, *size), device=weight.device)
        with torch.inference_mode():
            seen.run(probe.to(weight.dtype))
        self.network = network
        self.steps: dict[str, Step] = {}
        self.barriers: list[str] = []
        for node in graph.nodes:
            if node.op != "output":
                self._add(node, seen.shapes.get(node.name, ()), size)
        self.entry = next(node.name for node in graph.nodes if node.op == "placeholder")
        every = _named_answers(next(n for n in graph.nodes if n.op == "output"))
        self.answers = tuple(every[name] for name in outputs or [next(iter(every))])

    @property
    def answer(self) -> str:
        """The first of the answers; the others have its size."""
        return self.answers[0]

    def _add(self, node: fx.Node, shape: tuple[int, ...], size: tuple[int, ...]) -> None:
        layer = self.network.get_submodule(str(node.target)) if node.op == "call_module" else None
        before = [self.steps[one.name].stage for one in node.all_input_nodes]
        stage = max(before, default=0)
        if isinstance(layer, Barrier):
            self.barriers.append(node.name)
            stage = len(self.barriers)
        dims = len(shape) - 2
        is_image = dims >= 2 and shape[0] == 1
        sizes = zip(shape[2:], size[-dims:], strict=True) if is_image else ()
        self.steps[node.name] = Step(
            node.name,
            node,
            layer,
            tuple(Fraction(n, of) for n, of in sizes),
            shape[1] if is_image else 0,
            stage,
            _work(layer),
        )

    def extent(self, name: str, size: tuple[int, ...]) -> Region:
        """The whole of a step's tensor for an input of that (padded) size."""
        return self.region(name, whole_box(size))

    def region(self, name: str, region: Region) -> Region:
        """The part of a step's tensor that lies under a region of the input."""
        scale = self.steps[name].scale
        spans = region[-len(scale) :]
        return tuple(
            (a * s.numerator // s.denominator, b * s.numerator // s.denominator)
            for (a, b), s in zip(spans, scale, strict=True)
        )

    def needed(self, name: str, source: str, region: Region, size: tuple[int, ...]) -> Region:
        """The region of an input that a region of a step needs, cut off where the volume ends."""
        step, extent = self.steps[name], self.extent(source, size)
        reduced = len(extent) - len(region)  # a projection needs the whole Z
        along = _along(step, self.steps[source], len(region))
        spans = [axis.needed(span) for axis, span in zip(along, region, strict=True)]
        inner = zip(spans, extent[reduced:], strict=True)
        return (
            *extent[:reduced],
            *((max(a, low), min(b, high)) for (a, b), (low, high) in inner),
        )

    def demands(
        self, targets: Mapping[str, Region], known: Iterable[str], size: tuple[int, ...]
    ) -> dict[str, Region]:
        """Which region of every step is needed for the targets, going back to what is known."""
        wanted: dict[str, Region | None] = dict(targets)
        stop = set(known)
        for name in reversed(self.steps):
            if name not in wanted or name in stop:
                continue
            region = wanted[name]
            for source in self.steps[name].inputs:
                if not self.steps[source].scale or region is None:
                    wanted.setdefault(source, None)
                    continue
                part = self.needed(name, source, region, size)
                already = wanted.get(source)
                wanted[source] = part if already is None else _union(part, already)
        return {name: region or () for name, region in wanted.items()}

    def compute(
        self,
        targets: Mapping[str, Region],
        known: Mapping[str, Callable[[Region], Tensor]],
        sums: Mapping[str, Tensor],
        size: tuple[int, ...],
        between: Callable[[float], None] | None = None,
        demands: Mapping[str, Region] | None = None,
    ) -> dict[str, Tensor]:
        """The tensors of the targets, each just as large as wanted.

        Args:
            targets: Regions wanted, by step.
            known: Readers of steps that are not computed: the input, and what was kept.
            sums: Over the whole volume, of every barrier that is met.
            size: Of the padded volume.
            between: Called after every step with the share of them that is done; may raise.
            demands: Of these targets, where they are known already.
        """
        demands = demands or self.demands(targets, known, size)
        left = _uses(self.steps, demands, known)
        values: dict[str, Any] = {}
        results: dict[str, Tensor] = {}
        for number, name in enumerate([name for name in self.steps if name in demands], start=1):
            region = demands[name]
            if name in known:
                values[name] = known[name](region)
            else:
                values[name] = self._computed(name, region, values, demands, sums, size)
            if name in targets:
                results[name] = _crop(values[name], region, targets[name])
            for source in self.steps[name].inputs if name not in known else ():
                left[source] -= 1
                if not left[source]:
                    del values[source]
            if between is not None:
                between(number / len(demands))
        return results

    def _computed(
        self,
        name: str,
        region: Region,
        values: Mapping[str, Any],
        demands: Mapping[str, Region],
        sums: Mapping[str, Tensor],
        size: tuple[int, ...],
    ) -> Any:
        step = self.steps[name]
        parts: dict[str, Region] = {}

        def argument(node: fx.Node) -> Any:
            value = values[node.name]
            if not self.steps[node.name].scale or not step.scale:
                return value
            parts[node.name] = self.needed(name, node.name, region, size)
            return _crop(value, demands[node.name], parts[node.name])

        values_in: Any = fx.map_arg(step.node.args, argument)
        options: Any = fx.map_arg(step.node.kwargs, argument)
        if step.layer is None:
            value = _call(step.node, values_in, options)
            if not step.scale:
                return value
            origin = _origin(step, self.steps[next(iter(parts))], next(iter(parts.values())))
            return _crop(value, _covered(value, origin), region)
        part = parts[step.inputs[0]]
        if isinstance(step.layer, nn.Conv2d | nn.Conv3d):
            return _convolved(step.layer, values_in[0], part, region)
        if isinstance(step.layer, HalvingConvolution):
            return _convolved(step.layer.convolution, values_in[0], part, region)
        if isinstance(step.layer, Barrier):
            value = step.layer(values_in[0], sums[name])
        else:
            value = step.layer(*values_in, **options)
        origin = _origin(step, self.steps[step.inputs[0]], part)
        return _crop(value, _covered(value, origin), region)


class _Tracer(fx.Tracer):
    """Follows a network down to the layers whose geometry is known."""

    traced_func_name = "evaluate"

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return geometry_of(m) is not None


class _Probe(fx.Interpreter):
    """Runs a network once and remembers the shape of every tensor."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.shapes: dict[str, tuple[int, ...]] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        if isinstance(value, Tensor):
            self.shapes[n.name] = tuple(value.shape)
        return value


def _named_answers(output: fx.Node) -> dict[str, str]:
    """Steps of a network's answers, which it returns as a tuple with names or as one tensor."""
    (answer,) = output.all_input_nodes
    fields = getattr(answer.target, "_fields", None)
    if fields is None:
        return {"": answer.name}
    given = dict(zip(fields, answer.args, strict=False)) | dict(answer.kwargs)
    return {name: node.name for name, node in given.items() if isinstance(node, fx.Node)}


def _probing_size(network: Network) -> tuple[int, ...]:
    needs = network.needs
    least = needs.smallest_size or needs.size_divisor
    return tuple(2 * max(d, n) for d, n in zip(needs.size_divisor, least, strict=True))


def _work(layer: nn.Module | None) -> int:
    """Multiplications per output voxel of the convolutions inside a layer."""
    if layer is None:
        return 0
    total = 0
    for module in layer.modules():
        if isinstance(module, nn.Conv2d | nn.Conv3d):
            total += module.weight.numel()
        elif isinstance(module, nn.ConvTranspose2d | nn.ConvTranspose3d):
            steps = 1
            for stride in module.stride:
                steps *= stride
            total += module.weight.numel() // steps
    return total


def _along(step: Step, source: Step, dims: int) -> tuple[Geometry, ...]:
    """The geometry of a step along the axes it shares with one of its inputs."""
    if step.layer is not None:
        known = geometry_of(step.layer)
        assert known is not None
        return known * dims if len(known) == 1 else known
    theirs = source.scale[-dims:]
    return tuple(
        POINTWISE if mine == other else Geometry(mine / other)
        for mine, other in zip(step.scale, theirs, strict=True)
    )


def _origin(step: Step, source: Step, part: Region) -> tuple[int, ...]:
    """Where the output for a part of the input begins."""
    dims = len(step.scale)
    begins = zip(part[-dims:], step.scale, source.scale[-dims:], strict=True)
    return tuple(int(a * mine / other) for (a, _), mine, other in begins)


def _covered(value: Tensor, origin: tuple[int, ...]) -> Region:
    sizes = value.shape[-len(origin) :]
    return tuple((a, a + n) for a, n in zip(origin, sizes, strict=True))


def _call(node: fx.Node, args: Any, kwargs: Any) -> Any:
    if node.op == "call_method":
        return getattr(args[0], str(node.target))(*args[1:], **kwargs)
    if node.op == "call_function":
        assert callable(node.target)
        return node.target(*args, **kwargs)
    raise NotImplementedError(node.op)


def _convolved(layer: nn.Conv2d | nn.Conv3d, x: Tensor, part: Region, region: Region) -> Tensor:
    """A convolution whose zeros are added only where the volume ends."""
    pads: list[int] = []
    places: list[slice] = []
    for axis, ((a, b), (low, high)) in enumerate(zip(region, part, strict=True)):
        kernel, stride = layer.kernel_size[axis], layer.stride[axis]
        padding = layer.padding[axis]
        assert isinstance(padding, int)
        first, last = a * stride - padding, (b - 1) * stride - padding + kernel
        pads += [max(low - first, 0), max(last - high, 0)]
        places.append(slice(max(first - low, 0), min(last, high) - low))
    x = x[(..., *places)]  # type: ignore[index]
    before, after = pads[::2], pads[1::2]
    if before != after:
        backwards = [
            n for pair in zip(reversed(before), reversed(after), strict=True) for n in pair
        ]
        x, before = functional.pad(x, backwards), [0] * len(before)
    has_onednn = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if has_onednn and _is_plain_float32(x):
        # asked for small pieces torch takes its own convolution, five times slower than this one
        ones = [1] * len(before)
        return torch.mkldnn_convolution(
            x, layer.weight, layer.bias, before, list(layer.stride), ones, layer.groups
        )
    return _CONVOLVE[type(layer)](x, layer.weight, layer.bias, layer.stride, before)


def _is_plain_float32(x: Tensor) -> bool:
    is_float32 = x.device.type == "cpu" and x.dtype == torch.float32
    return is_float32 and not torch.is_autocast_enabled("cpu")


def _crop(value: Tensor, have: Region, want: Region) -> Tensor:
    if have == want:
        return value
    return value[(..., *slices_of(want, have))]  # type: ignore[index]


def _union(one: Region, other: Region) -> Region:
    return tuple((min(a, c), max(b, d)) for (a, b), (c, d) in zip(one, other, strict=True))


def _uses(
    steps: Mapping[str, Step], demands: Iterable[str], known: Iterable[str]
) -> dict[str, int]:
    """How often each tensor is taken, so that it can be freed after the last time."""
    wanted, readers = set(demands), set(known)
    left = dict.fromkeys(wanted, 0)
    for name in wanted - readers:
        for source in steps[name].inputs:
            left[source] += 1
    return left
