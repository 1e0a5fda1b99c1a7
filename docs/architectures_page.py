"""The page of the manual about networks, from their table and from the networks themselves."""

from collections.abc import Iterator
from typing import get_args

from gvtstudio.cli.architectures import (
    field_words,
    input_words,
    parameter_words,
    per_axis,
    tiling_words,
    value_words,
)
from gvtstudio.domain.architecture import ArchitectureSpec, TaskName
from gvtstudio.domain.parameters import validated_values
from gvtstudio.domain.specs import load_callable
from gvtstudio.networks import ARCHITECTURES, architectures_for
from gvtstudio.networks.layers.stages import Stage, small_input, stages_of

TASKS: dict[TaskName, str] = {
    "denoising": "remove noise",
    "label_free": "predict fluorescence from transmitted light",
    "projection": "project a curved sheet of cells to one image",
    "super_resolution": "sharpen",
    "isotropic": "restore the resolution along Z",
    "segmentation": "label the voxels",
}


def choices() -> Iterator[str]:
    """A table from what the user wants to the networks that can learn it."""
    yield "| to … | of volumes | of planes |\n|---|---|---|"
    for task in get_args(TaskName):
        rows = [ARCHITECTURES[name] for name in architectures_for(task)]
        rows = [spec for spec in rows if spec.output != "judgement"]
        cells = (", ".join(_link(s) for s in rows if s.spatial_dims == dims) for dims in (3, 2))
        yield f"| {TASKS[task]} (`{task}`) | {' | '.join(cell or '–' for cell in cells)} |"
    yield ""


def blended() -> Iterator[str]:
    """The networks that restore images in blended tiles, with links from another page."""
    for spec in ARCHITECTURES.values():
        if spec.output != "judgement" and not spec.needs.streams_exactly:
            yield f"- [{spec.title}](architectures.md#{spec.name})"
    yield ""


def architectures() -> Iterator[str]:
    """A section per network, then what our own layers are."""
    explained: dict[str, str] = {}
    for spec in ARCHITECTURES.values():
        stages = _stages(spec)
        explained |= {stage.words: stage.explanation for stage in stages if stage.explanation}
        yield f"## {spec.title} {{ #{spec.name} }}\n"
        yield f"`{spec.name}`, for {input_words(spec)}. {spec.advice}\n"
        yield f"*Source:* {spec.paper}.\n"
        yield f"*Prediction:* {' '.join(_prediction(spec))}\n"
        yield from _configurations(spec)
        yield from _parameters(spec)
        yield from _layers(stages)
    yield "## The layers in words { #layers }\n"
    yield "| layer | what it is |\n|---|---|"
    yield from (f"| {words} | {_cell(text)} |" for words, text in sorted(explained.items()))
    yield ""


def _link(spec: ArchitectureSpec) -> str:
    return f"[{spec.title}](#{spec.name})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _stages(spec: ArchitectureSpec) -> list[Stage]:
    values = validated_values(spec.parameters, {})
    in_channels = int(values.get("in_channels", 1))
    return stages_of(load_callable(spec.build)(**values), small_input(spec.needs, in_channels))


def _prediction(spec: ArchitectureSpec) -> Iterator[str]:
    needs = spec.needs
    if needs.smallest_patch:
        yield f"Sizes from {per_axis(needs.smallest_patch, ' voxels')} are accepted."
    elif set(needs.size_divisor) == {1}:
        yield "Any size is accepted as it is."
    else:
        divisors = per_axis(None if n == 1 else n for n in needs.size_divisor)
        least = f" and at least {per_axis(needs.smallest_size)}" if needs.smallest_size else ""
        yield (
            f"Any size is accepted; sizes are mirrored up to a multiple of {divisors}{least}, and "
            "the output is cropped to the size of the input."
        )
        yield _edge_sentence(spec)
    if spec.output != "judgement":
        yield f"Receptive field: {field_words(needs)}."
        yield f"Large volumes: {tiling_words(needs)}."


def _edge_sentence(spec: ArchitectureSpec) -> str:
    needs = spec.needs
    if all(n is None for n in needs.receptive_field):
        return "Every voxel notices the mirrored ones a little, because it sees all of them."
    sums = ""
    if needs.barriers or not needs.streams_exactly:
        sums = " and what is summed or averaged over the whole"
    return (
        f"In the part that is kept, only the voxels within the receptive field of an edge{sums} "
        "can notice what was mirrored."
    )


def _configurations(spec: ArchitectureSpec) -> Iterator[str]:
    yield "| configuration | trainable parameters | differs by |\n|---|---:|---|"
    for c in spec.configurations:
        changed = ", ".join(f"`{name}` {value_words(v)}" for name, v in c.parameters.items())
        yield f"| {_cell(c.title)} | {c.parameter_count:,} | {changed or 'the defaults'} |"
    yield ""


def _parameters(spec: ArchitectureSpec) -> Iterator[str]:
    if not spec.parameters:
        return
    yield "| parameter | default and range | meaning |\n|---|---|---|"
    for parameter in spec.parameters:
        meaning = f"{parameter.label}: {parameter.help}"
        yield f"| `{parameter.name}` | {parameter_words(parameter)} | {_cell(meaning)} |"
    yield ""


def _layers(stages: list[Stage]) -> Iterator[str]:
    yield "| layer | operator | channels | size | parameters |\n|---|---|---:|---|---:|"
    for stage in stages:
        name = f"`{stage.name}`" if stage.name else "–"
        channels = "only in training" if stage.channels is None else f"{stage.channels:,}"
        size = stage.size[0] if len(set(stage.size)) == 1 else " × ".join(stage.size)
        yield f"| {name} | {stage.words} | {channels} | {size} | {stage.parameter_count:,} |"
    yield ""
