"""The voxels of an Imaris file, also those packed as only newer versions of Imaris do."""

from functools import lru_cache
from itertools import product
from typing import Any

import h5py
import imagecodecs
import numpy as np

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.region import Region, Span
from gvtstudio.io.failures import damaged

_LZ4 = 32004
_SHUFFLE = h5py.h5z.FILTER_SHUFFLE
_MOST_CHUNK_BYTES = 1 << 30
# Volumes that are kept open, with the chunks of them unpacked last.
_OPEN_VOLUMES = 8


class ImsVoxels:
    """Those of one dataset.

    Args:
        level: The group with its time points at one resolution.
    """

    def __init__(self, level: Any) -> None:
        self._level = level
        self._volume = lru_cache(maxsize=_OPEN_VOLUMES)(self._open_volume)

    def fill(self, result: np.ndarray, region: Region) -> None:
        """Read a region."""
        spans = (region.z, region.y, region.x)
        for i, t in enumerate(range(*region.t)):
            for k, c in enumerate(range(*region.c)):
                result[i, :, k] = _block(self._volume(t, c), spans)

    def _open_volume(self, t: int, c: int) -> Any:
        return child(child(child(self._level, f"TimePoint {t}"), f"Channel {c}"), "Data")


def child(group: Any, name: str) -> Any:
    """A part of the file itself, never one that a link says is elsewhere.

    Raises:
        LookupError: There is none of that name.
    """
    if group.get(name, getclass=True, getlink=True) is not h5py.HardLink:
        raise LookupError(f"it has no {name}")
    return group[name]


def refuse_packing(volume: Any, name: str) -> None:
    """Raise where a volume is packed in a way that cannot be undone.

    Raises:
        FileUnreadable: It is.
    """
    if volume.chunks is None:
        return
    if int(np.prod(volume.chunks, dtype=np.float64)) * volume.dtype.itemsize > _MOST_CHUNK_BYTES:
        raise damaged(name, f"it speaks of parts of {volume.chunks} voxels")
    unknown = [f for f in _filters(volume) if f != _LZ4 and not h5py.h5z.filter_avail(f)]
    is_understood = _LZ4 not in _filters(volume) or set(_filters(volume)) <= {_SHUFFLE, _LZ4}
    if unknown or not is_understood:
        raise FileUnreadable(
            f"{name} is packed in a way this version cannot unpack (HDF5 filters "
            f"{', '.join(str(number) for number in _filters(volume))}).",
            "Save it in Imaris again with the compression Gzip, or in Fiji as OME-TIFF.",
        )


def _filters(volume: Any) -> list[int]:
    creation = volume.id.get_create_plist()
    return [creation.get_filter(i)[0] for i in range(creation.get_nfilters())]


def _block(volume: Any, spans: tuple[Span, Span, Span]) -> np.ndarray:
    if volume.chunks is None or _LZ4 not in _filters(volume):
        block: np.ndarray = volume[tuple(slice(*span) for span in spans)]
        return block
    return _block_of_lz4(volume, spans)


def _block_of_lz4(volume: Any, spans: tuple[Span, Span, Span]) -> np.ndarray:
    """As HDF5 itself unpacks LZ4 only with a plugin that is not there."""
    block = np.full([stop - start for start, stop in spans], volume.fillvalue, volume.dtype)
    firsts = [
        range(start - start % size, stop, size)
        for (start, stop), size in zip(spans, volume.chunks, strict=True)
    ]
    for corner in product(*firsts):
        chunk = _lz4_chunk(volume, corner)
        if chunk is None:
            continue
        target, source = [], []
        for (start, stop), first, size in zip(spans, corner, volume.chunks, strict=True):
            low, high = max(start, first), min(stop, first + size)
            target.append(slice(low - start, high - start))
            source.append(slice(low - first, high - first))
        block[tuple(target)] = chunk[tuple(source)]
    return block


def _lz4_chunk(volume: Any, corner: tuple[int, ...]) -> np.ndarray | None:
    """A part of a volume; ``None`` where it was never written."""
    if volume.id.get_chunk_info_by_coord(corner).byte_offset is None:
        return None
    skipped, content = volume.id.read_direct_chunk(corner)
    itemsize = volume.dtype.itemsize
    for place, number in reversed(list(enumerate(_filters(volume)))):
        if skipped >> place & 1:
            continue
        if number == _LZ4:
            unpacked = bytearray(int(np.prod(volume.chunks)) * itemsize)
            content = imagecodecs.lz4h5_decode(content, out=unpacked)
        else:
            # the first bytes of all voxels, then the second …
            content = np.frombuffer(content, np.uint8).reshape(itemsize, -1).T.tobytes()
    return np.frombuffer(content, volume.dtype).reshape(volume.chunks)
