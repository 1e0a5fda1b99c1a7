"""What packed data say of themselves, looked at before they are unpacked.

Unpacking trusts these numbers: the library takes as much memory as they say, and Blosc reads as
far as they say, beyond the end of data that were cut off.
"""

from collections.abc import Callable

_Packed = memoryview
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_BLOSC_HEADER_BYTES = 16


def announced_bytes(packing: str, packed: memoryview) -> int:
    """How many bytes they become; 0 where they do not tell.

    Args:
        packing: Name of the codec, as Zarr writes it: ``blosc``, ``zstd``, ``gzip``, ``lz4``.
        packed: The bytes of a chunk.

    Raises:
        ValueError: More packed bytes are announced than there are.
    """
    tells = _TELLING.get(packing.removeprefix("numcodecs."))
    return tells(packed) if tells else 0


def _of_blosc(packed: _Packed) -> int:
    if len(packed) < _BLOSC_HEADER_BYTES or _little(packed[12:16]) > len(packed):
        raise ValueError("the end of a chunk is missing")
    return _little(packed[4:8])


def _of_zstd(packed: _Packed) -> int:
    """The content size of the first frame, RFC 8878."""
    if len(packed) < 6 or packed[:4] != _ZSTD_MAGIC:
        return 0
    flags = packed[4]
    is_single = bool(flags >> 5 & 1)
    begin = 5 + (not is_single) + (0, 1, 2, 4)[flags & 3]
    length = (1 if is_single else 0, 2, 4, 8)[flags >> 6]
    return _little(packed[begin : begin + length]) + (256 if length == 2 else 0)


def _of_gzip(packed: _Packed) -> int:
    return _little(packed[-4:])


def _of_lz4(packed: _Packed) -> int:
    return _little(packed[:4])


def _little(part: _Packed) -> int:
    return int.from_bytes(part, "little")


_TELLING: dict[str, Callable[[_Packed], int]] = {
    "blosc": _of_blosc,
    "zstd": _of_zstd,
    "gzip": _of_gzip,
    "lz4": _of_lz4,
}
