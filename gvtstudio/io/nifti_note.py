"""What NIfTI has no place for, in a comment inside the file: for people, and for us to read again.

A comment is an extension of the header: its length, a multiple of 16, the code 6, and text.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.provenance_text import clean_text, provenance_from_json, provenance_json

_COMMENT = 6
_ALIGNED_BYTES = 16


class NiftiNote(msgspec.Struct, frozen=True):
    """What was known of a stack when it was written.

    Args:
        shape: Sizes along T, Z, C, Y, X.
        sizes_um: Voxel size along X, Y and Z as the header has it, where something must stand.
        calibration: What is really known of it.
        channels: One per position along C.
        significant_bits: Bits the camera delivered.
        metadata_text: What the microscope wrote.
        provenance: What made the file, as JSON.
    """

    shape: Shape5
    sizes_um: tuple[float, float, float]
    calibration: Calibration
    channels: tuple[Channel, ...]
    significant_bits: int | None
    metadata_text: str
    provenance: msgspec.Raw

    def made_by(self) -> Provenance | None:
        """What made the file; ``None`` where a later version wrote it in another way."""
        return provenance_from_json(bytes(self.provenance).decode())


class _Comment(msgspec.Struct):
    gvtstudio: NiftiNote


def note_of(
    info: StackInfo, sizes_um: tuple[float, float, float], provenance: Provenance
) -> NiftiNote:
    """The note of a stack that is written, without characters that cannot be."""
    return NiftiNote(
        info.shape,
        sizes_um,
        info.calibration,
        tuple(msgspec.structs.replace(c, name=clean_text(c.name)) for c in info.channels),
        info.significant_bits,
        clean_text(info.metadata_text),
        msgspec.Raw(provenance_json(provenance).encode()),
    )


def packed_note(note: NiftiNote) -> bytes:
    """The extension of the header, little-endian."""
    text = msgspec.json.encode(_Comment(note))
    size = -(-(len(text) + 8) // _ALIGNED_BYTES) * _ALIGNED_BYTES
    return struct.pack("<ii", size, _COMMENT) + text.ljust(size - 8, b"\0")


def find_note(extensions: bytes, byte_order: str) -> NiftiNote | None:
    """Our note among the extensions of a header; ``None`` where there is none.

    Args:
        extensions: What stands between the header and the voxels.
        byte_order: Of the header, ``<`` or ``>``.
    """
    for code, content in _split(extensions, byte_order):
        if code == _COMMENT and b"gvtstudio" in content:
            with suppress(msgspec.DecodeError, UnicodeDecodeError):
                return msgspec.json.decode(content.rstrip(b"\0"), type=_Comment).gvtstudio
    return None


def _split(extensions: bytes, byte_order: str) -> Iterator[tuple[int, bytes]]:
    """Code and content of every extension, up to one that contradicts itself."""
    has_some, begin = extensions[:1] not in (b"", b"\0"), 4
    while has_some and begin + 8 <= len(extensions):
        size, code = struct.unpack_from(f"{byte_order}ii", extensions, begin)
        if size < 8 or begin + size > len(extensions):
            return
        yield code, extensions[begin + 8 : begin + size]
        begin += size
