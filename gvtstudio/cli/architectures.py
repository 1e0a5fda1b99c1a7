"""List the networks that can be trained, or show one in detail."""

import argparse
import textwrap
from collections.abc import Iterable, Iterator

import msgspec

from gvtstudio.cli.console import print_json
from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.specs import look_up
from gvtstudio.networks import ARCHITECTURES

COLUMNS = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio architectures``."""
    from gvtstudio.cli.parser import add_json_option

    parser.add_argument("name", nargs="?", default="", help="show this one in detail")
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Print every row of the table, or one."""
    if options.name:
        shown = [look_up(ARCHITECTURES, "architecture", options.name)]
    else:
        shown = list(ARCHITECTURES.values())
    if options.json:
        print_json({"architectures": [as_plain(spec) for spec in shown]})
    elif options.name:
        print("\n".join(_wrapped(_detailed(shown[0]))))
    else:
        print("\n\n".join("\n".join(_wrapped(_listed(spec))) for spec in shown))
    return 0


def as_plain(spec: ArchitectureSpec) -> dict[str, object]:
    """A row with what follows from it, without the name of the code."""
    plain: dict[str, object] = msgspec.to_builtins(spec)
    del plain["build"]
    return plain | {"dims": spec.spatial_dims, "parameter_count": spec.parameter_count}


def _listed(spec: ArchitectureSpec) -> Iterator[str]:
    yield f"{spec.name}: {spec.title}"
    yield f"    {spec.advice}"
    yield f"    tasks: {', '.join(spec.tasks)}, of {input_words(spec)}"
    yield f"    paper: {spec.paper}"
    yield f"    weights: {'; '.join(map(configuration_words, spec.configurations))}"
    yield from (f"    {sentence}" for sentence in needs_words(spec))
    yield f"    parameters: {', '.join(p.name for p in spec.parameters) or 'none'}"


def _detailed(spec: ArchitectureSpec) -> Iterator[str]:
    yield from list(_listed(spec))[:-1]
    yield "    parameters:"
    for parameter in spec.parameters:
        yield f"        {parameter.name}: {parameter.label} ({parameter_words(parameter)})"
        yield f"            {parameter.help}"
    yield "    configurations:"
    for configuration in spec.configurations:
        yield f"        {configuration_words(configuration)}"
        for name, value in configuration.parameters.items():
            yield f"            {name} = {value_words(value)}"


def input_words(spec: ArchitectureSpec) -> str:
    """What a network works on."""
    return "volumes (Z, Y, X)" if spec.spatial_dims == 3 else "planes (Y, X)"


def configuration_words(configuration: Configuration) -> str:
    """``1,347,360 (with the scale head)``."""
    return f"{configuration.parameter_count:,} ({configuration.title})"


def parameter_words(parameter: Parameter) -> str:
    """Default and what is allowed: ``default 2, from 1 to 16``."""
    default = f"default {value_words(parameter.default)}"
    if parameter.choices:
        return f"{default}, one of {', '.join(parameter.choices)}"
    if parameter.minimum is None and parameter.maximum is None:
        return default
    low = "" if parameter.minimum is None else f" from {parameter.minimum:g}"
    high = "" if parameter.maximum is None else f" to {parameter.maximum:g}"
    unit = f" {parameter.unit}" if parameter.unit else ""
    return f"{default},{low}{high}{unit}"


def value_words(value: object) -> str:
    """``on`` and ``off`` for switches."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def needs_words(spec: ArchitectureSpec) -> Iterator[str]:
    """What prediction needs, one sentence each."""
    needs = spec.needs
    if needs.smallest_patch:
        yield f"size: at least {per_axis(needs.smallest_patch)} voxels"
    elif set(needs.size_divisor) == {1}:
        yield "size: any"
    else:
        divisors = (None if n == 1 else n for n in needs.size_divisor)
        yield f"size: any, mirrored up to multiples of {per_axis(divisors)}"
    if needs.smallest_size:
        yield f"smallest size: less is mirrored up to {per_axis(needs.smallest_size)}"
    if spec.output != "judgement":
        yield f"receptive field: {field_words(needs)}"
        yield f"large volumes: {tiling_words(needs)}"


def field_words(needs: PredictionNeeds) -> str:
    """What an output voxel's convolutions see, in words."""
    axes = "ZYX"[-needs.dims :]
    whole = [axis for axis, n in zip(axes, needs.receptive_field, strict=True) if n is None]
    words = [f"the whole of {_with_and(whole)}"] if whole else []
    if len(whole) < needs.dims:
        words.append(per_axis(needs.receptive_field, " voxels on each side"))
    return ", and ".join(words)


def tiling_words(needs: PredictionNeeds) -> str:
    """What cutting a volume into tiles does to the result."""
    if not needs.streams_exactly:
        return "in overlapping tiles, blended: close to the result of one piece"
    if not needs.barriers:
        return "in tiles, each with what it sees around it: the result of one piece exactly"
    layers = f"{len(needs.barriers)} layer{'' if len(needs.barriers) == 1 else 's'}"
    return (
        f"in tiles that exchange the sums of {layers} ({_shortened(needs.barriers)}): "
        "the result of one piece exactly"
    )


def per_axis(values: Iterable[int | None], unit: str = "") -> str:
    """``4`` where all axes agree, else ``8 in Z, 16 in Y and X``; nothing for ``None``."""
    numbers = list(values)
    on_axes: dict[int, list[str]] = {}
    for axis, value in zip("ZYX"[-len(numbers) :], numbers, strict=True):
        if value is not None:
            on_axes.setdefault(value, []).append(axis)
    if len(on_axes) == 1 and None not in numbers:
        return f"{numbers[0]}{unit}"
    return ", ".join(f"{value}{unit} in {_with_and(axes)}" for value, axes in on_axes.items())


def _with_and(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _shortened(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 6 else f"{names[0]} … {names[-1]}"


def _wrapped(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()))
        hanging = indent + ("" if indent == "" else "    ")
        yield from textwrap.wrap(line, COLUMNS, subsequent_indent=hanging)
