"""What a Zarr folder says of itself: the small files that describe groups and arrays."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from gvtstudio.domain.channel import Channel
from gvtstudio.domain.provenance import Provenance
from gvtstudio.io.provenance_text import provenance_from_json

NOTE = "gvtstudio"
"""Attribute that holds the note of this program."""

_MOST_BYTES = 1 << 26


class ZarrNode(msgspec.Struct, frozen=True):
    """A group or an array.

    Args:
        folder: Where it lies.
        array: The description of an array; ``None`` for a group.
        attributes: What its writer added.
    """

    folder: Path
    array: dict[str, Any] | None
    attributes: dict[str, Any]

    @property
    def ome(self) -> dict[str, Any]:
        """OME metadata: under a name of their own from version 0.5 on."""
        ome = self.attributes.get("ome")
        return ome if isinstance(ome, dict) else self.attributes


class ZarrNote(msgspec.Struct, frozen=True):
    """What OME-Zarr has no place for, known of a stack when it was written.

    Args:
        provenance: What made it, as JSON.
        channels: One per position along C.
        significant_bits: Bits the camera delivered.
        metadata_text: What the microscope wrote.
    """

    provenance: msgspec.Raw
    channels: tuple[Channel, ...] = ()
    significant_bits: int | None = None
    metadata_text: str = ""

    def made_by(self) -> Provenance | None:
        """What made the folder; ``None`` where a later version wrote it in another way."""
        return provenance_from_json(bytes(self.provenance).decode())


def read_node(folder: Path) -> ZarrNode | None:
    """The description in a folder; ``None`` where there is none.

    Raises:
        OSError: It cannot be read.
        ValueError: It cannot be understood.
    """
    described = _json(folder / "zarr.json")
    if described is not None:
        if described.get("node_type") not in ("array", "group"):
            raise ValueError("zarr.json describes neither an array nor a group")
        array = described if described["node_type"] == "array" else None
        return ZarrNode(folder, array, _attributes(described.get("attributes")))
    array = _json(folder / ".zarray")
    attributes = _json(folder / ".zattrs")
    if array is None and attributes is None and not (folder / ".zgroup").is_file():
        return None
    return ZarrNode(folder, array, _attributes(attributes))


def inside(folder: Path, path: object) -> Path:
    """The folder a description names; never one outside.

    Raises:
        ValueError: It leads outside.
    """
    named = PurePosixPath(str(path))
    if not named.parts or named.is_absolute() or ".." in named.parts or "\\" in str(path):
        raise ValueError(f"it names a part {path!r}")
    return folder.joinpath(*named.parts)


def find_note(node: ZarrNode) -> ZarrNote | None:
    """Our note; ``None`` where there is none, or a later version wrote it in another way."""
    if NOTE not in node.attributes:
        return None
    try:
        return msgspec.json.decode(json.dumps(node.attributes[NOTE]), type=ZarrNote)
    except (msgspec.DecodeError, UnicodeError):
        return None


def _attributes(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _json(path: Path) -> dict[str, Any] | None:
    """The object in a file; ``None`` where there is no such file."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(f"{path.name} is too large")
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} holds no object")  # noqa: TRY004 - the content is wrong
    return found
