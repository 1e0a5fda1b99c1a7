"""Whether a file was changed while it was read, as by an acquisition that still runs."""

from pathlib import Path

from gvtstudio.io.formats.ome_zarr_recognition import described_folder
from gvtstudio.io.hashing import files_in
from gvtstudio.io.system_paths import long_path


class InputWatch:
    """Compares a file, or a folder that is a stack, with what it was at the beginning.

    Args:
        path: The file or folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = described_folder(path.absolute())
        self._before = _stamp(self._path)

    def change(self) -> str:
        """What has happened to it since, as a sentence with a remedy; empty where nothing has."""
        after = _stamp(self._path)
        if after is None or after == self._before:
            return ""  # a file that is gone was whole while it was read: reading would have failed
        return (
            f"{self._path.name} was changed while it was read: the result may hold some of what it "
            "was before and some of what it is now. Do it again once nothing writes it any more."
        )


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Files, bytes and latest change of what lies there; nothing where it cannot be looked at."""
    path = long_path(path)
    try:
        files = [file for _, file in files_in(path)] if path.is_dir() else [path]
        statuses = [file.stat() for file in files]
    except OSError:
        return None
    return (
        len(files),
        sum(status.st_size for status in statuses),
        max((status.st_mtime_ns for status in statuses), default=0),
    )
