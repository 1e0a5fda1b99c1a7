"""Puts voxels into the files of a Zarr array of version 3, packed by all cores at once.

The library packs chunks too, but spends more time on passing them about than on packing them.
"""

import asyncio
import math
import os
from collections.abc import Iterator
from concurrent.futures import Executor
from itertools import product
from pathlib import Path
from typing import Any

import google_crc32c
import imagecodecs
import numpy as np
from zarr.api.asynchronous import create_array
from zarr.codecs import BloscCodec, Crc32cCodec
from zarr.storage import LocalStore

from gvtstudio.io.exports.zarr_pyramid import Sizes, blocks
from gvtstudio.io.zarr_array import Slices

# Photon noise: the bits of a kind together pack three times as fast with LZ4 as with Zstandard, and
# to 0.43 instead of 0.39 of their size; they unpack three times as fast, too.
PACKING: dict[str, Any] = {"cname": "lz4", "clevel": 1, "shuffle": "bitshuffle"}
_SUM_BYTES = 4
_EMPTY = 2**64 - 1
"""In the index of a shard: a chunk that holds nothing but zeros."""


def create_zarr_array(
    folder: Path, shape: Sizes, dtype: np.dtype, chunks: Sizes, shards: Sizes | None,
    axes: tuple[str, ...],
) -> None:  # fmt: skip
    """Make an array of Zarr version 3, packed without loss; its voxels are put by ``ChunkFiles``.

    Args:
        folder: To make.
        shape: Along its axes.
        dtype: Of the voxels.
        chunks: Size of what is packed together.
        shards: Size of what lies in one file, whole chunks; ``None`` for a file per chunk.
        axes: Names of the axes.
    """
    made = create_array(  # by the library, which knows how arrays are described
        store=LocalStore(folder),
        shape=shape,
        dtype=dtype,
        chunks=chunks,
        shards=shards,
        # without the sum a damaged chunk may unpack to wrong values, or end the program
        compressors=(BloscCodec(**PACKING), Crc32cCodec()),
        fill_value=0,
        zarr_format=3,
        dimension_names=axes,
    )
    asyncio.run(made)


class ChunkFiles:
    """The files of one array; voxels that were not put are 0.

    Args:
        folder: Of the array, with its description.
        dtype: Of the voxels.
        chunks: Size of what is packed together.
        shards: Size of what lies in one file, whole chunks; ``None`` for a file per chunk.
    """

    def __init__(self, folder: Path, dtype: np.dtype, chunks: Sizes, shards: Sizes | None) -> None:
        self._folder = folder / "c"
        self._dtype = dtype
        self._chunks = chunks
        self._shards = shards

    def put(self, block: Slices, voxels: np.ndarray, pool: Executor) -> None:
        """Write a block.

        Args:
            block: Whole files, or up to the end of the array.
            voxels: Of its shape.
            pool: Whose threads pack.
        """
        sizes = self._shards or self._chunks
        parts = list(blocks(voxels.shape, sizes))
        paths = [self._path(self._first_chunk(block, part)) for part in parts]
        for folder in {path.parent for path in paths}:
            folder.mkdir(parents=True, exist_ok=True)
        for _ in pool.map(self._write, paths, (voxels[part] for part in parts)):
            pass

    def read(self, block: Slices) -> np.ndarray:
        """The voxels of a block, as they were put; may be called by several threads."""
        voxels = np.zeros([part.stop - part.start for part in block], self._dtype)
        touched = (
            range(part.start // size, -(-part.stop // size))
            for part, size in zip(block, self._chunks, strict=True)
        )
        for place in product(*touched):
            chunk = self._chunk(place)
            if chunk is not None:
                inside, wanted = self._overlap(place, block)
                voxels[inside] = chunk[wanted]
        return voxels

    def _overlap(self, place: Sizes, block: Slices) -> tuple[Slices, Slices]:
        """What a chunk and a block share, as parts of the block and of the chunk."""
        inside, wanted = [], []
        for number, size, part in zip(place, self._chunks, block, strict=True):
            first, end = max(number * size, part.start), min((number + 1) * size, part.stop)
            inside.append(slice(first - part.start, end - part.start))
            wanted.append(slice(first - number * size, end - number * size))
        return tuple(inside), tuple(wanted)

    def _chunk(self, place: Sizes) -> np.ndarray | None:
        """One chunk, whole; ``None`` where all is 0."""
        path, counts = self._path(place), self._counts()
        if not path.exists():
            return None
        with path.open("rb") as file:
            if self._shards is not None:
                index_bytes = 16 * math.prod(counts) + _SUM_BYTES
                file.seek(-index_bytes, os.SEEK_END)
                index = np.frombuffer(file.read(), "<u8", 2 * math.prod(counts))
                within = tuple(n % count for n, count in zip(place, counts, strict=True))
                begin, size = (int(each) for each in index.reshape(*counts, 2)[within])
                if begin == _EMPTY:
                    return None
                file.seek(begin)
                packed = file.read(size)
            else:
                packed = file.read()
        unpacked = imagecodecs.blosc_decode(packed[:-_SUM_BYTES], numthreads=1)
        return np.frombuffer(unpacked, self._dtype.newbyteorder("<")).reshape(self._chunks)

    def _counts(self) -> Sizes:
        """How many chunks lie in a file, along each axis."""
        return tuple(
            a // b for a, b in zip(self._shards or self._chunks, self._chunks, strict=True)
        )

    def _first_chunk(self, block: Slices, part: Slices) -> Sizes:
        """Which chunk a part of a block begins with."""
        starts = zip(block, part, self._chunks, strict=True)
        return tuple((whole.start + within.start) // size for whole, within, size in starts)

    def _path(self, place: Sizes) -> Path:
        """The file of a chunk."""
        numbers = (number // count for number, count in zip(place, self._counts(), strict=True))
        return self._folder.joinpath(*map(str, numbers))

    def _write(self, path: Path, voxels: np.ndarray) -> None:
        """One file; none where all is 0."""
        packed = [self._packed(voxels)] if self._shards is None else list(self._shard(voxels))
        if any(packed):
            with path.open("wb") as file:
                file.writelines(packed)

    def _shard(self, voxels: np.ndarray) -> Iterator[bytes]:
        """Its chunks and the index behind them; nothing where all is 0."""
        counts = self._counts()
        index = np.full((*counts, 2), _EMPTY, "<u8")
        end = 0
        for place in product(*map(range, counts)):
            corner = tuple(
                slice(i * size, (i + 1) * size) for i, size in zip(place, self._chunks, strict=True)
            )
            packed = self._packed(voxels[corner])
            if packed:
                index[place] = (end, len(packed))
                end += len(packed)
                yield packed
        if end:
            yield _with_sum(index.tobytes())

    def _packed(self, voxels: np.ndarray) -> bytes:
        """A chunk with its sum; nothing where all is 0, or beyond the end of the array."""
        if voxels.size == 0:
            return b""
        if voxels.shape != self._chunks:
            whole = np.zeros(self._chunks, self._dtype)
            whole[tuple(map(slice, voxels.shape))] = voxels
            voxels = whole
        stored = np.ascontiguousarray(voxels, self._dtype.newbyteorder("<"))
        bits = stored.view(f"u{stored.itemsize}").ravel()  # of -0.0 not all are 0
        if not bits[: bits.size // 64].any() and not bits.any():
            return b""
        pixels: Any = stored  # any buffer will do, though the library names three
        packed = imagecodecs.blosc_encode(
            pixels, level=PACKING["clevel"], compressor=PACKING["cname"],
            shuffle=PACKING["shuffle"], typesize=stored.itemsize, numthreads=1,
        )  # fmt: skip
        return _with_sum(packed)


def _with_sum(content: bytes | bytearray) -> bytes:
    checksum: int = google_crc32c.value(bytes(content))
    return bytes(content) + checksum.to_bytes(_SUM_BYTES, "little")
