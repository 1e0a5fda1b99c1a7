"""One file per model, ``*.gvtmodel``: a zip of card, weights, a small example and a picture.

Nothing in it is ever unpickled or executed: the card is JSON, the weights are safetensors, the
example is two ``.npy`` arrays read without pickling. Networks that came from elsewhere are an
exception: they are TorchScript or ONNX, which the engine alone runs (``prediction/foreign.py``).
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from gvtstudio.domain.errors import FileUnreadable, ModelRefused
from gvtstudio.domain.model_card import CARD_VERSION, ModelCard
from gvtstudio.io.atomic import atomic_file
from gvtstudio.io.model_archive import opened_archive, read_member

MODEL_SUFFIX = ".gvtmodel"

CARD, WEIGHTS, COVER = "card.json", "weights.safetensors", "cover.png"
FOREIGN_WEIGHTS = {"torchscript": "network.pt", "onnx": "network.onnx"}
"""Instead of the weights, of networks that came from elsewhere: kind → name."""
EXAMPLE_INPUT, EXAMPLE_OUTPUT = "example_input.npy", "example_output.npy"


@dataclass(frozen=True, slots=True)
class Example:
    """A small normalised input and what the model made of it when it was packed.

    Compared at every use on a new version, so that an update that changes results is noticed.
    """

    image: np.ndarray
    output: np.ndarray


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """Everything in a package.

    Args:
        card: What the model is.
        weights: Content of ``weights.safetensors``, or of the network from elsewhere.
        example: Input and output to check the model with; ``None`` where it brings none.
        cover: A picture (PNG), empty where there is none.
    """

    card: ModelCard
    weights: bytes
    example: Example | None
    cover: bytes = b""


def read_card(path: Path) -> ModelCard:
    """The card alone, without touching the weights.

    Raises:
        FileUnreadable: The file is missing or no model package.
        ModelRefused: It was made by a newer version of the program.
    """
    with _opened(path) as package:
        return _decoded_card(path, read_member(path, package, CARD))


def read_package(path: Path) -> ModelPackage:
    """The whole package; the weights are checked against the card.

    Raises:
        FileUnreadable: The file is missing, damaged or no model package.
        ModelRefused: It was made by a newer version, or its weights are not those of the card.
    """
    with _opened(path) as package:
        card = _decoded_card(path, read_member(path, package, CARD))
        weights = read_member(path, package, _weights_name(card))
        example = _read_example(path, package)
        cover = read_member(path, package, COVER) if COVER in package.namelist() else b""
    if hashlib.sha256(weights).hexdigest() != card.weights_sha256:
        raise ModelRefused(
            f"The weights in {path.name} are not those its card describes.",
            "The file is damaged or was changed by hand; get it again from where it came.",
        )
    return ModelPackage(card, weights, example, cover)


def write_package(path: Path, package: ModelPackage, *, overwrite: bool) -> ModelCard:
    """Write a package whole or not at all.

    Returns:
        The card as written, with the hash of the weights.

    Raises:
        OutputUnwritable: The file exists, or its place cannot be written.
    """
    digest = hashlib.sha256(package.weights).hexdigest()
    card = msgspec.structs.replace(package.card, weights_sha256=digest)
    members = {
        CARD: msgspec.json.format(msgspec.json.encode(card), indent=2),
        _weights_name(card): package.weights,
        COVER: package.cover,
    }
    if package.example is not None:
        members[EXAMPLE_INPUT] = _encoded_array(package.example.image)
        members[EXAMPLE_OUTPUT] = _encoded_array(package.example.output)
    with (
        atomic_file(path, overwrite=overwrite) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, content in members.items():
            if content:
                archive.writestr(name, content)
    return card


def _opened(path: Path) -> zipfile.ZipFile:
    return opened_archive(path, f"Choose a {MODEL_SUFFIX} file made by this program.")


def _weights_name(card: ModelCard) -> str:
    return FOREIGN_WEIGHTS.get(card.architecture, WEIGHTS)


def _read_example(path: Path, package: zipfile.ZipFile) -> Example | None:
    if not {EXAMPLE_INPUT, EXAMPLE_OUTPUT} <= set(package.namelist()):
        return None
    image, output = (
        decoded_array(read_member(path, package, name), f"The example in {path.name}")
        for name in (EXAMPLE_INPUT, EXAMPLE_OUTPUT)
    )
    return Example(image, output)


def _decoded_card(path: Path, content: bytes) -> ModelCard:
    try:
        card = msgspec.json.decode(content, type=ModelCard)
    except msgspec.DecodeError as error:
        raise FileUnreadable(
            f"The card of {path.name} cannot be understood.",
            "The model may come from a newer version of this program; update it.",
        ) from error
    if card.card_version > CARD_VERSION:
        raise ModelRefused(
            f"{path.name} was made by a newer version of this program ({card.program_version}).",
            "Update this program, or ask for the model in the older form.",
        )
    return card


def _encoded_array(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def decoded_array(content: bytes, what: str) -> np.ndarray:
    """An array as ``numpy.save`` writes it; objects are never unpickled.

    Args:
        content: Of the file.
        what: The array, for the sentence.

    Raises:
        FileUnreadable: It is damaged, or no such array.
    """
    try:
        array: np.ndarray = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise FileUnreadable(
            f"{what} cannot be read.", "Get the file again from where it came."
        ) from error
    return array
