"""Reads packages of bioimage.io: what of them this program can use, and in words why not.

Source: the model description format 0.5 of bioimage.io. One image goes in and one of the same size
comes out; nothing is executed or unpickled here.
"""

import hashlib
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import yaml

from gvtstudio import __version__
from gvtstudio.domain.errors import FileUnreadable, ModelRefused
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import Value
from gvtstudio.io.bioimage_description import DESCRIPTIONS
from gvtstudio.io.bioimage_steps import Step, answer_map, normalisation_from
from gvtstudio.io.model_archive import opened_archive, read_member
from gvtstudio.io.model_package import MODEL_SUFFIX, decoded_array

USABLE = ("pytorch_state_dict", "torchscript", "onnx")
"""Kinds of weights, those liked best first."""
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


class _Axis(msgspec.Struct):
    type: str
    id: str = ""
    size: int | dict[str, Any] | None = None
    halo: int = 0
    scale: float = 1.0
    channel_names: list[Any] | str = []


class _File(msgspec.Struct):
    source: str = ""
    sha256: str = ""


class _Tensor(msgspec.Struct):
    axes: list[_Axis]
    id: str = ""
    preprocessing: list[Step] = []
    postprocessing: list[Step] = []
    test_tensor: _File | None = None


class _Architecture(msgspec.Struct):
    callable: str = ""
    import_from: str = ""
    kwargs: dict[str, Any] = {}


class _Weights(msgspec.Struct):
    source: str
    sha256: str = ""
    architecture: _Architecture = msgspec.field(default_factory=_Architecture)


class _Citation(msgspec.Struct):
    text: str = ""
    doi: str | None = None


class _Description(msgspec.Struct):
    name: str
    inputs: list[_Tensor]
    outputs: list[_Tensor]
    weights: dict[str, _Weights | None]
    description: str = ""
    license: Any = ""
    cite: list[_Citation] = []
    attachments: list[_File] = []


@dataclass(frozen=True, slots=True)
class ForeignModel:
    """A model of bioimage.io, read and not yet loaded.

    Args:
        card: With the kind of the weights as its architecture, and how they are used as its
            parameters.
        weights: Content of the file.
        build: ``module:callable`` and its parameters, where the weights are a state dict.
        tests: Input as it was measured and the answer expected, (B, C, [Z,] Y, X) each; empty
            where the package brings none.
    """

    card: ModelCard
    weights: bytes
    build: tuple[str, Mapping[str, Value]]
    tests: tuple[np.ndarray, ...] = ()


def attached_package(path: Path) -> bytes:
    """The model package that this program attached when it exported; empty for others.

    Raises:
        InputRefused: The file is no package, or not to be trusted.
    """
    with opened_archive(path, "Choose a package of bioimage.io.") as archive:
        attached = [file.source for file in _described(path, archive).attachments]
        names = [one for one in attached if one.endswith(MODEL_SUFFIX)]
        return read_member(path, archive, names[0]) if names else b""


def read_bioimage_package(path: Path, own: Sequence[str]) -> ForeignModel:
    """A model from one image to one of the same size.

    Args:
        path: The package.
        own: ``module:callable`` of networks this program knows, whose state dicts it can use.

    Raises:
        FileUnreadable: It is damaged or no package.
        ModelRefused: The model is of a kind that this program does not use.
    """
    with opened_archive(path, "Choose a package of bioimage.io.") as archive:
        described = _described(path, archive)
        given, made = _only_tensors(path, described)
        kind, weights = _usable_weights(path, described, own)
        content = _file(path, archive, weights.source, weights.sha256)
        files = [tensor.test_tensor for tensor in (given, made)]
        tests = tuple(
            decoded_array(
                _file(path, archive, file.source, file.sha256), f"A test image of {path.name}"
            ).astype(np.float32)
            for file in files
            if file
        )
    architecture = weights.architecture
    build = f"{architecture.import_from}:{architecture.callable}", architecture.kwargs
    card = _card(path, described, kind, _use_of(path, given, made))
    return ForeignModel(card, content, build, tests if len(tests) == len(files) else ())


def _described(path: Path, archive: zipfile.ZipFile) -> _Description:
    names = [name for name in DESCRIPTIONS if name in archive.namelist()]
    if not names:
        raise FileUnreadable(
            f"{path.name} is no package of bioimage.io: it holds no {DESCRIPTIONS[0]}.",
            "Download the whole package as a zip.",
        )
    try:
        content = yaml.safe_load(read_member(path, archive, names[0]))
        version = str(content["format_version"])
        if content.get("type") != "model" or not version.startswith("0.5."):
            raise _refused(path, f"it is a {content.get('type')} in the format {version}")
        described: _Description = msgspec.convert(content, _Description, strict=False)
    except (yaml.YAMLError, msgspec.ValidationError, KeyError, TypeError, AttributeError) as error:
        raise FileUnreadable(
            f"The description of {path.name} cannot be understood.",
            "Get the file again, or ask its makers for one in the format 0.5 of bioimage.io.",
        ) from error
    return described


def _only_tensors(path: Path, described: _Description) -> tuple[_Tensor, _Tensor]:
    if len(described.inputs) != 1 or len(described.outputs) != 1:
        counts = f"{len(described.inputs)} inputs and {len(described.outputs)} outputs"
        raise _refused(path, f"it has {counts}")
    return described.inputs[0], described.outputs[0]


def _usable_weights(
    path: Path, described: _Description, own: Sequence[str]
) -> tuple[str, _Weights]:
    """The kind of weights that is liked best, and where they are."""
    offered = {kind: weights for kind, weights in described.weights.items() if weights}
    for kind in USABLE:
        weights = offered.get(kind)
        if weights is None:
            continue
        architecture = weights.architecture
        is_own = f"{architecture.import_from}:{architecture.callable}" in own
        if kind != "pytorch_state_dict" or is_own:
            return kind, weights
    if "pytorch_state_dict" in offered:
        why = "its weights need the code of a network, and code from elsewhere is never run"
    else:
        why = f"its weights are of the kind {' or '.join(offered) or 'none'}"
    raise _refused(path, why)


def _use_of(path: Path, given: _Tensor, made: _Tensor) -> dict[str, Any]:
    """What a card says of the axes, sizes and intensities that the model takes."""
    _refuse_channels(path, given)
    _refuse_channels(path, made)
    axes = [axis for axis in given.axes if axis.type == "space"]
    names = "".join(axis.id for axis in axes)
    if names not in ("yx", "zyx") or [axis.type for axis in given.axes[:-len(names)]] not in (
        ["batch", "channel"], ["batch"],
    ):  # fmt: skip
        raise _refused(path, f"its axes are {', '.join(a.id or a.type for a in given.axes)}")
    halo = _halo(path, given, made, names)
    sizes = [_size(path, axis, {a.id: a for a in axes}) for axis in axes]
    normalisation = normalisation_from(given.preprocessing, names, lambda w: _refused(path, w))
    parameters: dict[str, Value] = {
        "least_size": ",".join(str(least) for least, _ in sizes),
        "size_divisor": ",".join(str(step) for _, step in sizes),
        "halo": ",".join(map(str, halo)),
        "has_channel_axis": len(given.axes) == len(names) + 2,
        "gain": normalisation.gain,
        "offset": normalisation.offset,
        **answer_map(made.postprocessing, normalisation, lambda w: _refused(path, w)),
    }
    return {
        "axes": names.upper(),
        "architecture_parameters": parameters,
        "normalisation": normalisation.kind,
        "normalisation_percentiles": normalisation.percentiles,
    }


def _refuse_channels(path: Path, tensor: _Tensor) -> None:
    for axis in tensor.axes:
        if axis.type == "channel" and len(axis.channel_names) != 1:
            raise _refused(path, f"it has {len(axis.channel_names)} channels")


def _halo(path: Path, given: _Tensor, made: _Tensor, names: str) -> list[int]:
    """Voxels at the edges of each axis that the answer has wrong; the answer has the same size."""
    answered = [axis for axis in made.axes if axis.type == "space"]
    has_same_axes = [a.type for a in made.axes] == [a.type for a in given.axes]
    if "".join(axis.id for axis in answered) != names or not has_same_axes:
        raise _refused(path, "its answer has other axes than its input")
    for axis in answered:
        size = axis.size
        is_same = isinstance(size, dict) and (size.get("axis_id"), size.get("offset", 0)) == (
            axis.id,
            0,
        )
        if not is_same or size.get("tensor_id", given.id) != given.id:  # type: ignore[union-attr]
            raise _refused(path, "its answer has another size than its input")
    scales = [axis.scale for axis in given.axes if axis.type == "space"]
    if scales != [axis.scale for axis in answered]:
        raise _refused(path, "its answer has other voxels than its input")
    return [axis.halo for axis in answered]


def _size(path: Path, axis: _Axis, others: Mapping[str, _Axis]) -> tuple[int, int]:
    """The smallest size, and the step between sizes."""
    size = axis.size
    if isinstance(size, dict) and size.get("axis_id") in others and not size.get("offset"):
        size = others[size["axis_id"]].size
    if not isinstance(size, dict) or not {"min", "step"} <= set(size):
        raise _refused(path, f"it takes images of one size along {axis.id} alone")
    least, step = int(size["min"]), int(size["step"])
    if least < 1 or step < 1 or least % step:
        raise _refused(path, f"the sizes it takes along {axis.id} are no multiples of {step}")
    return least, step


def _card(path: Path, described: _Description, kind: str, use: Mapping[str, Any]) -> ModelCard:
    name = _NOT_IN_NAMES.sub("-", described.name.lower()).strip("-")
    licence = described.license if isinstance(described.license, str) else ""
    return ModelCard(
        name=name or path.stem,
        title=described.name,
        summary=described.description or "A model from bioimage.io.",
        task="denoising",
        architecture=kind,
        parameter_count=0,
        limits=("It comes from elsewhere: how well it does was not measured by this program.",),
        citation="; ".join(f"{one.text} {one.doi or ''}".strip() for one in described.cite),
        licence=licence,
        created=datetime.now(UTC).date().isoformat(),
        program_version=__version__,
        **use,
    )


def _file(path: Path, archive: zipfile.ZipFile, source: str, sha256: str) -> bytes:
    name = source.removeprefix("./")
    if name not in archive.namelist():
        raise _refused(path, f"its {source} is not in it")
    content = read_member(path, archive, name)
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise FileUnreadable(
            f"{path.name} is damaged: its {name} is not what its description says.",
            "Get the file again from where it came.",
        )
    return content


def _refused(path: Path, why: str) -> ModelRefused:
    return ModelRefused(
        f"{path.name} cannot be used here: {why}.",
        "This program takes models of the format 0.5 of bioimage.io from one channel to one of the "
        "same size, as TorchScript or ONNX.",
    )
