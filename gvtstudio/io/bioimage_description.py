"""The ``rdf.yaml`` and the documentation of a model for bioimage.io.

Source: the model description format 0.5 of bioimage.io (``bioimageio.spec``). Images go in as they
were measured: the normalisation of the card is the package's preprocessing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gvtstudio.domain.architecture import ArchitectureSpec, PredictionNeeds
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.papers import PAPERS

FORMAT_VERSION = "0.5.12"
DESCRIPTION, DOCUMENTATION = "rdf.yaml", "README.md"
DESCRIPTIONS = (DESCRIPTION, "bioimageio.yaml")
TORCHSCRIPT, LICENCE = "weights.pt", "LICENSE.txt"
TEST_INPUT, TEST_OUTPUT = "test_input.npy", "test_output.npy"
SMALLEST_SPREAD = 1e-10
"""Added to what is divided by: the format wants something, and grey values may be small."""

_SPDX = (
    "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "MIT", "BSD-2-Clause", "BSD-3-Clause",
    "Apache-2.0", "GPL-3.0-only", "GPL-3.0-or-later", "LGPL-3.0-only", "MPL-2.0",
)  # fmt: skip
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_+() -]+")
_OUTPUT_CHANNELS = {"classes": "class", "image": "channel"}


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """What is told of a model.

    Args:
        card: What it is.
        spec: Its kind of network.
        needs: Of this network.
        channels: That go in, and that come out.
        projects: Whether the Z axis is gone in the answer.
        torch_version: That wrote the TorchScript.
        attachment: Name of the model package that is attached.
        authors: Who made the model.
    """

    card: ModelCard
    spec: ArchitectureSpec
    needs: PredictionNeeds
    channels: tuple[int, int]
    projects: bool
    torch_version: str
    attachment: str
    authors: tuple[str, ...] = ()

    @property
    def axes(self) -> str:
        """Of an image that goes in, ``zyx`` or ``yx``."""
        return "zyx"[-self.needs.dims :]


def description_of(model: ExportedModel, sha256: Mapping[str, str]) -> dict[str, Any]:
    """The content of ``rdf.yaml``.

    Args:
        model: What is told.
        sha256: Of every file of the package, by name.
    """
    card = model.card

    def file(name: str) -> dict[str, str]:
        return {"source": name, "sha256": sha256[name]}

    described: dict[str, Any] = {
        "type": "model",
        "format_version": FORMAT_VERSION,
        "name": _plain_name(card),
        "description": card.summary[:1024],
        "authors": [{"name": name.replace("/", " ")} for name in model.authors],
        "cite": _citations(model.spec),
        "tags": [card.task, card.architecture, "pytorch", f"{model.needs.dims}d"],
        "documentation": file(DOCUMENTATION),
        "attachments": [file(model.attachment)],
        "inputs": [_input(model) | {"test_tensor": file(TEST_INPUT)}],
        "outputs": [_output(model) | {"test_tensor": file(TEST_OUTPUT)}],
        "weights": {"torchscript": file(TORCHSCRIPT) | {"pytorch_version": model.torch_version}},
    }
    if card.licence:
        known = card.licence.replace(" ", "-")
        described["license"] = known if known in _SPDX else file(LICENCE)
    return described


def licence_text(card: ModelCard) -> str:
    """What goes into a file of its own, because the format has no short name for it."""
    return "" if card.licence.replace(" ", "-") in _SPDX else card.licence


def normalisation_of(model: ExportedModel) -> dict[str, Any]:
    """The normalisation of the card as a step of preprocessing; every channel by itself."""
    card, axes = model.card, list(model.axes)
    if card.normalisation == "mean_std":
        return {"id": "zero_mean_unit_variance", "kwargs": {"axes": axes, "eps": SMALLEST_SPREAD}}
    low, high = card.normalisation_percentiles
    limits = {"min_percentile": low, "max_percentile": high, "eps": SMALLEST_SPREAD}
    return {"id": "scale_range", "kwargs": {"axes": axes, **limits}}


def scaling_of(model: ExportedModel) -> tuple[list[float], list[float]]:
    """Gain and offset of every channel that comes out, to grey values; empty: as it is."""
    scales = model.card.channel_scales
    if all(scale == (0.0, 1.0) for scale in scales):
        return [], []
    return [high - low for low, high in scales], [low for low, _ in scales]


def _input(model: ExportedModel) -> dict[str, Any]:
    needs = model.needs
    sizes = zip(model.axes, needs.least_size, needs.size_divisor, strict=True)
    axes = [
        {"type": "space", "id": axis, "size": {"min": least, "step": step}, **_scale(model, axis)}
        for axis, least, step in sizes
    ]
    count = model.channels[0]
    return {
        "id": "input",
        "description": "the image as it was measured",
        "axes": [{"type": "batch"}, _channels(_numbered("channel", count)), *axes],
        "data": {"type": "float32"},
        "preprocessing": [normalisation_of(model)],
    }


def _output(model: ExportedModel) -> dict[str, Any]:
    axes = [
        {
            "type": "space",
            "id": axis,
            "size": {"tensor_id": "input", "axis_id": axis},
            **_scale(model, axis),
        }
        for axis in (model.axes[1:] if model.projects else model.axes)
    ]
    count = model.channels[1]
    names = model.card.channels or _numbered(_OUTPUT_CHANNELS.get(model.spec.output, ""), count)
    return {
        "id": "output",
        "description": "what the network makes of it",
        "axes": [{"type": "batch"}, _channels(names), *axes],
        "data": {"type": "float32"},
        "postprocessing": _postprocessing(model),
    }


def _postprocessing(model: ExportedModel) -> list[dict[str, Any]]:
    if model.spec.output == "classes":
        return [{"id": "softmax", "kwargs": {"axis": "channel"}}]
    gain, offset = scaling_of(model)
    if not gain:
        return []
    return [{"id": "scale_linear", "kwargs": {"axis": "channel", "gain": gain, "offset": offset}}]


def _channels(names: Sequence[str]) -> dict[str, Any]:
    return {"type": "channel", "channel_names": list(names)}


def _numbered(what: str, count: int) -> list[str]:
    return [f"{what or 'channel'}{number}" for number in range(count)]


def _scale(model: ExportedModel, axis: str) -> dict[str, Any]:
    """The voxel size the network works at, where it has one."""
    size = dict(zip("zyx", model.card.work_voxel_um, strict=False)).get(axis, 0.0)
    return {"unit": "micrometer", "scale": size} if size else {}


def _citations(spec: ArchitectureSpec) -> list[dict[str, str]]:
    """Papers with a DOI, which the format asks for; the documentation has the others too."""
    papers = [PAPERS[key] for key in spec.papers]
    return [{"text": paper.reference, "doi": paper.doi} for paper in papers if paper.doi]


def _plain_name(card: ModelCard) -> str:
    """The title in the letters the format allows, at least five of them."""
    name = " ".join(_NOT_IN_NAMES.sub(" ", card.title or card.name).split())[:64].strip()
    return name if len(name) >= 5 else f"model {name}".strip()


def documentation_of(model: ExportedModel) -> str:
    """The card in words, as Markdown."""
    card = model.card
    lines = [
        f"# {card.title}", "", card.summary, "",
        f"- task: {card.task}",
        f"- network: {model.spec.title} (`{card.architecture}`), {card.parameter_count:,} weights",
        f"- made with GVT Studio {card.program_version}, {card.created}".rstrip(", "),
        "",
        "## Use", "",
        *(f"- {sentence}" for sentence in _usage(model)),
        "",
        "## Validation", "",
        *_scores(card),
        "",
        "## Limits", "",
        *(f"- {limit}" for limit in card.limits or ("None are stated.",)),
        "",
        "## Training", "",
        *(f"- {d.name} ({d.licence or 'own data'}) {d.detail}" for d in card.training_data),
        "",
        "## References", "",
        card.citation or model.spec.paper,
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _usage(model: ExportedModel) -> list[str]:
    needs, card = model.needs, model.card
    said = ["Images go in as they were measured; the package normalises them."]
    if model.spec.output != "classes" and not card.channel_scales:
        said.append(
            "The answer is on the normalised scale, where 0 and 1 are the values that the "
            "preprocessing maps there; it is brought back to grey values by the same two numbers."
        )
    if any(field is None for field in needs.receptive_field) or needs.barriers:
        said.append(
            "The network sees the whole image at once: predict whole images where memory allows, "
            "because blocks give other results. GVT Studio cuts large stacks without that."
        )
    else:
        fields = ", ".join(map(str, needs.receptive_field))
        said.append(f"Blocks must overlap by {fields} voxels ({', '.join(model.axes)}).")
    if card.work_voxel_um:
        sizes = " × ".join(f"{size:g}" for size in card.work_voxel_um)
        said.append(f"Resample images to {sizes} µm per voxel (z, y, x) first; 0 is any size.")
    if card.magnification != 1:
        said.append(f"Enlarge images {card.magnification:g} times along y and x first.")
    if needs.forgets_brightness:
        said.append("The network forgets how bright a block was: give the answer back its mean.")
    return [*said, "The test image is simulated; it shows that the model works, not how well."]


def _scores(card: ModelCard) -> list[str]:
    if not card.scores:
        return ["No scores were taken on data kept apart; compare with good images of your own."]
    rows = [
        f"| {s.data} | {s.metric} ({s.normalisation}) | {s.raw:.4g} | "
        f"{s.baseline_name}: {s.baseline:.4g} | {s.restored:.4g} |"
        for s in card.scores
    ]
    return [
        "Measured on data that was never trained on.", "",
        "| data | measure | input | classical filter | model |", "|---|---|---|---|---|", *rows,
    ]  # fmt: skip
