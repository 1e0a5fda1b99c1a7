"""Activations kept between the passes of a streamed prediction, in memory or on scratch disk."""

import mmap
import mmap
import os
import tempfile
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.imaging.open_volume import slices_of
from gvtstudio.prediction.flow import Region

_STORED: dict[torch.dtype, type[np.generic]] = {
    torch.bfloat16: np.uint16, torch.float16: np.uint16, torch.float32: np.uint32,
    torch.float64: np.uint64,
}  # fmt: skip


Kind = tuple[torch.dtype, tuple[int, ...]]
"""Type of a tensor's values and shape of the whole, (B, C, *size)."""


class KeptTensor:
    """One step's tensor for the whole volume, written tile by tile, read by region.

    Channels lie innermost, as convolutions want them.

    Args:
        kind: What it will hold.
        folder: Where to put the scratch file; ``None`` keeps it in memory.
        name: Of the file, which then outlasts the work; none by default.
        goes_on: Keep what an earlier tensor of the same kind put into that file.

    Raises:
        OutputUnwritable: The scratch disk has no room for it.
    """

    def __init__(
        self, kind: Kind, folder: Path | None = None, name: str = "", *, goes_on: bool = False
    ) -> None:
        self.kind = kind
        self._dtype, shape = kind
        batch, channels, *extent = shape
        stored = (batch, *extent, channels)
        values = _STORED[self._dtype]
        self._path = folder / name if folder is not None and name else None
        if folder is None:
            self._values = np.empty(stored, values)
        else:
            self._values = _on_disk(stored, values, _scratch_file(folder, self._path, goes_on))

    def discard(self) -> None:
        """Let go of the values, and remove a file with a name."""
        del self._values
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def write(self, region: Region, values: Tensor) -> None:
        """Keep a region: (B, C, *region)."""
        stored = values.detach().movedim(1, -1).contiguous().cpu()
        self._values[(slice(None), *slices_of(region))] = stored.view(_integer(self._dtype)).numpy()
        _forget_pages(self._values)

    def read(self, region: Region) -> Tensor:
        """A region as (B, C, *region), channels last in memory."""
        stored = np.array(
            self._values[(slice(None), *slices_of(region))], order="C"
        )  # a copy, never a map
        _forget_pages(self._values)
        return torch.from_numpy(stored).view(self._dtype).movedim(-1, 1)


def _integer(dtype: torch.dtype) -> torch.dtype:
    return {2: torch.uint16, 4: torch.uint32, 8: torch.uint64}[dtype.itemsize]


def _forget_pages(values: np.ndarray) -> None:
    """What lies on disk must not count as memory of this process."""
    pages: Any = values.base
    if isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED)


def is_kept(folder: Path, name: str, kind: Kind) -> bool:
    """Whether a scratch file of that name holds a tensor of that kind."""
    dtype, shape = kind
    try:
        return (folder / name).stat().st_size == prod(shape) * dtype.itemsize
    except OSError:
        return False


def _scratch_file(folder: Path, path: Path | None, goes_on: bool) -> IO[bytes]:
    """A file without a name vanishes by itself, also when the engine is killed."""
    try:
        if path is None:
            return tempfile.TemporaryFile(dir=folder)
        return path.open("r+b" if goes_on else "w+b")
    except OSError as error:
        raise OutputUnwritable(
            f"Intermediate results cannot be kept in {folder}: {error.strerror or error}.",
            "Check this drive, then start again.",
        ) from error


def _on_disk(shape: tuple[int, ...], kind: type[np.generic], file: IO[bytes]) -> np.ndarray:
    """A map of a file; the map stays when the file is closed."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    with file:
        try:
            # reserved now, because writing to a map on a full disk would kill the process
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
        except OSError as error:
            raise OutputUnwritable(
                f"The scratch disk has no room for {size / 1e9:.1f} GB.",
                "Free some space there, or allow more memory (--memory).",
            ) from error
        return np.memmap(file, kind, "r+", shape=shape)
