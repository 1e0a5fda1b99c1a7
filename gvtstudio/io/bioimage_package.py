"""Writes a model as a package for bioimage.io: one zip with ``rdf.yaml`` and its files."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from gvtstudio.io.atomic import atomic_file
from gvtstudio.io.bioimage_description import (
    DESCRIPTION,
    DESCRIPTIONS,
    DOCUMENTATION,
    LICENCE,
    TEST_INPUT,
    TEST_OUTPUT,
    TORCHSCRIPT,
    ExportedModel,
    description_of,
    documentation_of,
    licence_text,
)


@dataclass(frozen=True, slots=True)
class ExportedFiles:
    """What is packed beside the description.

    Args:
        torchscript: The network.
        package: The same model as a package of this program, which takes it back unchanged.
        test_input: (B, C, [Z,] Y, X) float32, raw intensities.
        test_output: What the described model makes of it, float32.
    """

    torchscript: bytes
    package: bytes
    test_input: np.ndarray
    test_output: np.ndarray


def write_bioimage_package(
    path: Path, model: ExportedModel, files: ExportedFiles, *, overwrite: bool
) -> None:
    """Write the package whole or not at all.

    Raises:
        OutputUnwritable: The file exists, or its place cannot be written.
    """
    members = {
        TORCHSCRIPT: files.torchscript,
        model.attachment: files.package,
        TEST_INPUT: _npy(files.test_input),
        TEST_OUTPUT: _npy(files.test_output),
        DOCUMENTATION: documentation_of(model).encode(),
        LICENCE: licence_text(model.card).encode(),
    }
    members = {name: content for name, content in members.items() if content}
    sha256 = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    described = yaml.safe_dump(description_of(model, sha256), sort_keys=False, allow_unicode=True)
    with (
        atomic_file(path, overwrite=overwrite) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, content in {DESCRIPTION: described.encode(), **members}.items():
            archive.writestr(name, content)


def is_bioimage_package(path: Path) -> bool:
    """Whether a file is a zip that describes itself as bioimage.io asks for."""
    if path.suffix.lower() != ".zip":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return not set(DESCRIPTIONS).isdisjoint(archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
