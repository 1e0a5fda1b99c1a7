"""Activations kept between the passes of a streamed prediction: on the card, in memory, on disk."""

import mmap
import os
import tempfile
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import IO

import torch
from torch import Tensor

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.imaging.open_volume import slices_of
from gvtstudio.prediction.flow import Region

IN_MEMORY = torch.device("cpu")

Kind = tuple[torch.dtype, tuple[int, ...]]
"""Type of a tensor's values and shape of the whole, (B, C, *size)."""


class KeptTensor:
    """One step's tensor for the whole volume, written tile by tile, read by region.

    Channels lie innermost, as convolutions want them.

    Args:
        kind: What it will hold.
        folder: Where to put the scratch file; ``None`` keeps it on the device.
        name: Of the file, which then outlasts the work; none by default.
        goes_on: Keep what an earlier tensor of the same kind put into that file.
        device: Where values lie that are not on disk, and where they are read to.

    Attributes:
        device: Where they really lie: in the computer's memory if the card has no room for them.

    Raises:
        OutputUnwritable: The scratch disk has no room for it.
    """

    def __init__(
        self,
        kind: Kind,
        folder: Path | None = None,
        name: str = "",
        *,
        goes_on: bool = False,
        device: torch.device = IN_MEMORY,
    ) -> None:
        self.kind = kind
        dtype, (batch, channels, *extent) = kind
        stored = (batch, *extent, channels)
        self._path = folder / name if folder is not None and name else None
        self._pages: mmap.mmap | None = None
        if folder is None:
            self._values = _on_device(stored, dtype, device)
        else:
            file = _scratch_file(folder, self._path, goes_on)
            self._pages = _on_disk(prod(stored) * dtype.itemsize, file)
            self._values = torch.frombuffer(self._pages, dtype=dtype).view(stored)
        self.device = self._values.device

    def discard(self) -> None:
        """Let go of the values, and remove a file with a name."""
        del self._values, self._pages  # a file that is mapped cannot be removed on Windows
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def write(self, region: Region, values: Tensor) -> None:
        """Keep a region: (B, C, *region), from any device."""
        self._values[(slice(None), *slices_of(region))] = values.detach().movedim(1, -1)
        self._forget_pages()

    def read(self, region: Region) -> Tensor:
        """A region as (B, C, *region), channels last in memory, on the device it lies on."""
        part = self._values[(slice(None), *slices_of(region))]
        part = part.clone(memory_format=torch.contiguous_format)  # a copy, never a map
        self._forget_pages()
        return part.movedim(-1, 1)

    def _forget_pages(self) -> None:
        """What lies on disk must not count as memory of this process."""
        if self._pages is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._pages.madvise(mmap.MADV_DONTNEED)


def is_kept(folder: Path, name: str, kind: Kind) -> bool:
    """Whether a scratch file of that name holds a tensor of that kind."""
    dtype, shape = kind
    try:
        return (folder / name).stat().st_size == prod(shape) * dtype.itemsize
    except OSError:
        return False


def _on_device(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Room on the device, or in the computer's memory where another program was faster."""
    try:
        return torch.empty(shape, dtype=dtype, device=device)
    except torch.OutOfMemoryError:
        if device == IN_MEMORY:
            raise
        return torch.empty(shape, dtype=dtype, device=IN_MEMORY)


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


def _on_disk(size: int, file: IO[bytes]) -> mmap.mmap:
    """A map of a file; the map stays when the file is closed."""
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
        return mmap.mmap(file.fileno(), size)
