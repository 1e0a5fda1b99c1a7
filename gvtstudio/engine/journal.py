"""How far a restoration has come, written down so that an interrupted one can be gone on with."""

from contextlib import suppress

import msgspec
import numpy as np
import psutil

from gvtstudio.domain.errors import GvtError
from gvtstudio.io.atomic import write_bytes
from gvtstudio.io.job_folder import JobFolder

SAME_BOOT_SECONDS = 60.0
"""The time a computer was started is told a little differently now and then."""


class KeptStep(msgspec.Struct, frozen=True):
    """A step's tensor on scratch disk: type of its values, and its shape."""

    dtype: str
    shape: tuple[int, ...]


class Sums(msgspec.Struct, frozen=True):
    """An array of float64."""

    shape: tuple[int, ...]
    values: bytes

    @classmethod
    def of(cls, array: np.ndarray) -> "Sums":
        """The same numbers as bytes."""
        return cls(array.shape, np.ascontiguousarray(array, np.float64).tobytes())

    def array(self) -> np.ndarray:
        """The numbers again."""
        return np.frombuffer(self.values, np.float64).reshape(self.shape).copy()


class VolumeProgress(msgspec.Struct, frozen=True):
    """How far one volume has come, see ``gvtstudio.prediction.checkpoint.Checkpoint``."""

    plane: int = 0
    tile: tuple[int, ...] = ()
    stage: int = 0
    tiles: int = 0
    sums: dict[str, Sums] = {}
    kept: dict[str, KeptStep] = {}


class Entry(msgspec.Struct, frozen=True):
    """What need not be done again.

    Args:
        volumes: Volumes finished.
        constant: Those among them that had the same value everywhere.
        share: Of the whole work that is done, 0 to 1.
        numbers: What the result's provenance says of the finished part.
        normalisation: Of the finished volumes.
        at_work: Of the volume at work.
    """

    volumes: int = 0
    constant: int = 0
    share: float = 0.0
    numbers: dict[str, float] = {}
    normalisation: dict[str, float] = {}
    at_work: VolumeProgress = VolumeProgress()


class _Page(msgspec.Struct, frozen=True):
    """The file.

    Args:
        identity: Of the work: the same stack, model and settings.
        boot_time: When the computer was started, seconds since the epoch.
        entry: What is done.
    """

    identity: str
    boot_time: float
    entry: Entry


class Journal:
    """The journal of one job.

    Args:
        folder: Of the job.
        identity: Of the work; what another work has written is not gone on with.
    """

    def __init__(self, folder: JobFolder, identity: str) -> None:
        self._folder = folder
        self._identity = identity

    def read(self) -> Entry | None:
        """What is done; ``None`` where there is nothing of this work, or it cannot be read."""
        try:
            page = msgspec.msgpack.decode(self._folder.journal_path.read_bytes(), type=_Page)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        if page.identity != self._identity:
            return None
        if abs(page.boot_time - psutil.boot_time()) < SAME_BOOT_SECONDS:
            return page.entry
        # large scratch files are not flushed all the time: a power cut may have left holes
        at_work = msgspec.structs.replace(page.entry.at_work, kept={})
        return msgspec.structs.replace(page.entry, at_work=at_work)

    def write(self, entry: Entry) -> None:
        """Keep what is done; where even that fails, an older page stays."""
        page = _Page(self._identity, psutil.boot_time(), entry)
        with suppress(GvtError):
            write_bytes(self._folder.journal_path, msgspec.msgpack.encode(page))
