"""Activations kept between the passes of a streamed prediction, in memory or on scratch disk."""

import mmap
import os
import tempfile
from pathlib import Path
from typing import Any

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


class KeptTensor:
    """One step's tensor for the whole volume, written tile by tile, read by region.

    Channels lie innermost, as convolutions want them.

    Args:
        shape: (B, C, *size) of the whole.
        dtype: Of its values.
        folder: Where to put the scratch file; ``None`` keeps it in memory.

    Raises:
        OutputUnwritable: The scratch disk has no room for it.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: torch.dtype,
        folder: Path | None = None,
    ) -> None:
        batch, channels, *extent = shape
        self._dtype = dtype
        stored = (batch, *extent, channels)
        kind = _STORED[dtype]
        self._values = np.empty(stored, kind) if folder is None else _on_disk(stored, kind, folder)

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


def _on_disk(shape: tuple[int, ...], kind: type[np.generic], folder: Path) -> np.ndarray:
    """A map of a file without a name, so that nothing stays when the engine is killed."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            # reserved now, because writing to a map on a full disk would kill the process
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
        except OSError as error:
            raise OutputUnwritable(
                f"The scratch disk of {folder} has no room for {size / 1e9:.1f} GB.",
                "Free some space there, or allow more memory (--memory).",
            ) from error
        return np.memmap(file, kind, "r+", shape=shape)
