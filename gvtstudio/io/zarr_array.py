"""One Zarr array in a folder, version 2 or 3, read block by block.

The library does its work in an event loop. Here that lives no longer than a call and runs in the
calling thread, so that no thread of the library stays behind in the window.
"""

import asyncio
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from zarr.abc.store import ByteRequest, RangeByteRequest
from zarr.core.array import AsyncArray
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore, StorePath

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.io.failures import damaged, unreadable
from gvtstudio.io.packed_sizes import announced_bytes

Slices = tuple[slice, ...]

# Filters may make a chunk smaller than what its packing holds, but not by more than this.
_STRONGEST_FILTER = 16
_ROOM_BYTES = 1 << 16


class ZarrArray:
    """An array of any number of axes; may be used from one thread at a time.

    Args:
        folder: Where it lies.
        metadata: Its description, as the file has it.
        name: Of the stack, for messages.
    """

    def __init__(self, folder: Path, metadata: dict[str, Any], name: str) -> None:
        store = _Chunks(folder, name)
        array: AsyncArray[Any] = AsyncArray(metadata=metadata, store_path=StorePath(store))  # type: ignore[call-overload]
        self._array = array
        self.shape: tuple[int, ...] = tuple(array.shape)
        self.dtype = np.dtype(array.dtype).newbyteorder("=")
        self.chunks: tuple[int, ...] = tuple(array.chunks)
        chunk_bytes = math.prod(self.chunks) * self.dtype.itemsize
        store.expect(_packing_of(metadata), chunk_bytes)

    def read(self, block: Slices) -> np.ndarray:
        """The voxels of a block; a chunk that was never written is the fill value."""
        voxels: np.ndarray = np.asarray(asyncio.run(_read(self._array, block)))
        return voxels


async def _read(array: AsyncArray[Any], block: Slices) -> Any:
    return await array.getitem(block)


class _Packing(NamedTuple):
    """How chunks are packed.

    Args:
        codec: What was used last.
        is_sharded: Whether many chunks lie in one file.
        index_is_first: Whether such a file begins with the places of its chunks.
    """

    codec: str = ""
    is_sharded: bool = False
    index_is_first: bool = False


def _packing_of(metadata: dict[str, Any]) -> _Packing:
    if metadata.get("zarr_format") == 2:
        return _Packing((metadata.get("compressor") or {}).get("id", ""))
    last = metadata["codecs"][-1]
    if last["name"] != "sharding_indexed":
        return _Packing(last["name"])
    shards = last["configuration"]
    is_first = shards.get("index_location") == "start"
    return _Packing(shards["codecs"][-1]["name"], is_sharded=True, index_is_first=is_first)


class _Chunks(LocalStore):
    """The files of one array; what is wrong with them becomes a sentence.

    Args:
        folder: Of the array.
        name: Of the stack, for messages.
    """

    def __init__(self, folder: Path, name: str) -> None:
        # one that may write would make the folder anew where it has vanished
        super().__init__(folder, read_only=True)
        self._name = name
        self._packing = _Packing()
        self._most_bytes = 0

    def expect(self, packing: _Packing, chunk_bytes: int) -> None:
        """Say how chunks are packed, and what they hold."""
        self._packing = packing
        self._most_bytes = chunk_bytes * _STRONGEST_FILTER + _ROOM_BYTES

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Bytes of a file; ``None`` where it was never written.

        Raises:
            FileUnreadable: They cannot be read, or had better not be unpacked.
        """
        try:
            found = await super().get(key, prototype, byte_range)
        except FileNotFoundError as error:
            raise unreadable(self.root, error) from error
        except OSError as error:
            raise FileUnreadable(
                f"The part {key} of {self._name} could not be read: {error.strerror or error}.",
                "Check the drive or network connection, and that you may read the whole folder.",
            ) from error
        if found is None and not self.root.is_dir():
            raise unreadable(self.root, FileNotFoundError())
        if found is not None and not len(found):
            raise damaged(self._name, f"its part {key} is empty")
        if found is not None and self._is_chunk(byte_range):
            packed = found.as_numpy_array().data
            if announced_bytes(self._packing.codec, packed.cast("B")) > self._most_bytes:
                raise damaged(self._name, f"its part {key} would unpack to more than it holds")
        return found

    def _is_chunk(self, byte_range: ByteRequest | None) -> bool:
        """Whether the bytes are those of one chunk, and not of a shard or its index."""
        if not self._packing.is_sharded:
            return byte_range is None
        if not isinstance(byte_range, RangeByteRequest):
            return False
        return byte_range.start > 0 or not self._packing.index_is_first
