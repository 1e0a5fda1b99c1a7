"""Reads what made a file, from the file itself or from the note beside it."""

from pathlib import Path

import msgspec
from tifffile import TiffFile

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.provenance import Provenance
from gvtstudio.io.formats.file_stack import DAMAGE
from gvtstudio.io.formats.nifti_recognition import FIRST_BYTES, is_nifti
from gvtstudio.io.formats.ome_xml import ome_annotation
from gvtstudio.io.formats.ome_zarr_recognition import described_folder
from gvtstudio.io.formats.tiff_log import collected_log
from gvtstudio.io.provenance_text import (
    JSON_KEY,
    PROVENANCE_NAMESPACE,
    provenance_from_json,
    provenance_json,
    split_info,
)
from gvtstudio.io.zarr_node import find_note, read_node


def sidecar_path(path: Path) -> Path:
    """The note beside a result: the name of the file with ``.json`` behind it."""
    return path.with_name(f"{path.name}.json")


def sidecar_bytes(provenance: Provenance) -> bytes:
    """Content of the note: readable JSON."""
    return msgspec.json.format(provenance_json(provenance), indent=2).encode() + b"\n"


def read_provenance(path: Path) -> Provenance | None:
    """What made a file or folder; ``None`` where nothing tells it or there is none."""
    path = described_folder(path)
    return _inside(path) or _beside(path)


def _inside(path: Path) -> Provenance | None:
    if path.is_dir():
        return _inside_zarr(path)
    try:
        with path.open("rb") as file:
            first_bytes = file.read(FIRST_BYTES)
    except OSError:
        return None
    if is_nifti(path, first_bytes):
        return _inside_nifti(path)
    return _inside_tiff(path)


def _inside_nifti(path: Path) -> Provenance | None:
    from gvtstudio.io.formats.nifti import read_note

    try:
        note = read_note(path)
    except FileUnreadable:
        return None
    return None if note is None else note.made_by()


def _inside_zarr(path: Path) -> Provenance | None:
    try:
        node = read_node(path)
    except DAMAGE:
        return None
    note = None if node is None else find_note(node)
    return None if note is None else note.made_by()


def _inside_tiff(path: Path) -> Provenance | None:
    with collected_log():
        try:
            with TiffFile(path) as tif:
                ome = tif.ome_metadata
                info = (tif.imagej_metadata or {}).get("Info", "")
        except DAMAGE:
            return None
    if ome:
        pairs = ome_annotation(ome, PROVENANCE_NAMESPACE)
        return provenance_from_json(pairs.get(JSON_KEY, ""))
    return split_info(info)[1] if isinstance(info, str) else None


def _beside(path: Path) -> Provenance | None:
    try:
        return provenance_from_json(sidecar_path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
