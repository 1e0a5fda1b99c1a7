"""The files that make up a dataset of Olympus FluoView: in a folder (OIF), or in one file (OIB)."""

import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Protocol

from oiffile import CompoundFile, SettingsFile

from gvtstudio.domain.errors import FileUnreadable

_CONTENTS = "OibInfo.txt"
_MOST_SETTINGS_BYTES = 1 << 26
_LENGTHS = struct.Struct("<I24xI")
_LENGTHS_AT = 44


class OifFiles(Protocol):
    """The files of a dataset, by their names without a folder."""

    main: str

    def names(self) -> list[str]:
        """All but the main one."""
        ...

    def read(self, name: str) -> bytes:
        """All of a file."""
        ...

    def close(self) -> None:
        """Free them."""
        ...


class OifFolder:
    """Those of an OIF dataset, in a folder beside the file that describes it.

    Args:
        path: The file.

    Raises:
        FileUnreadable: The folder is not there.
    """

    def __init__(self, path: Path) -> None:
        self.main = path.name
        self._path = path
        self._folder = path.with_name(f"{path.name}.files")
        if not self._folder.is_dir():
            raise FileUnreadable(
                f"The planes of {path.name} lie in the folder {self._folder.name}, which is not "
                "beside it.",
                "Keep the .oif file and its folder together, and do not rename them.",
            )

    def names(self) -> list[str]:
        """All but the main one."""
        return [path.name for path in self._folder.iterdir()]

    def read(self, name: str) -> bytes:
        """All of a file."""
        path = self._path if name == self.main else self._folder / name
        return path.read_bytes()

    def close(self) -> None:
        """Nothing to free."""


class OibFile:
    """Those in an OIB file.

    Args:
        path: The file.

    Raises:
        FileUnreadable: Such a container, but not of FluoView.
    """

    def __init__(self, path: Path) -> None:
        self._container = _Container(path)
        with ExitStack() as opened:
            opened.callback(self.close)
            streams = {PurePosixPath(stream).name: stream for stream in self._container.files()}
            contents = self._contents(streams, path.name)
            self._streams = {
                PurePosixPath(str(name)).name: streams[stream]
                for stream, name in contents.items()
                if stream in streams
            }
            self.main = str(contents[contents["MainFileName"]])
            opened.pop_all()

    def _contents(self, streams: dict[str, str], name: str) -> dict[str, str]:
        if _CONTENTS not in streams:
            raise FileUnreadable(
                f"{name} is no file of Olympus FluoView, though it is built like one.",
                "Open it in Fiji (Bio-Formats) and save it as OME-TIFF.",
            )
        table = SettingsFile(self._container.open_file(streams[_CONTENTS]), _CONTENTS)
        contents: dict[str, str] = table["OibSaveInfo"]
        return contents

    def names(self) -> list[str]:
        """All but the main one."""
        return [name for name in self._streams if name != self.main]

    def read(self, name: str) -> bytes:
        """All of a file."""
        return self._container.open_file(self._streams[name]).read()

    def close(self) -> None:
        """Free the file."""
        self._container.close()


class _Container(CompoundFile):
    """One whose chains end, also in a damaged file: the library follows a ring for ever."""

    def _fromfile(self) -> None:
        size = os.fstat(self._fh.fileno()).st_size
        self._fh.seek(_LENGTHS_AT)
        if max(_LENGTHS.unpack(self._fh.read(_LENGTHS.size))) > size:
            raise ValueError("its table is larger than the file")
        self._fh.seek(0)
        super()._fromfile()

    def _sec_chain(self, secid: int, /) -> Iterator[bytes]:  # type: ignore[override]
        return _at_most(len(self._fat), super()._sec_chain(secid))

    def _mini_sec_chain(self, secid: int, /) -> Iterator[bytes]:  # type: ignore[override]
        return _at_most(len(self._minifat), super()._mini_sec_chain(secid))


def _at_most(count: int, sectors: Iterator[bytes]) -> Iterator[bytes]:
    for done, sector in enumerate(sectors):
        if done >= count:
            raise ValueError("a part of it has no end")
        yield sector


def settings_of(files: OifFiles, name: str) -> tuple[SettingsFile, str]:
    """What a file of settings says, in sections, and as text."""
    content = files.read(name)
    if len(content) > _MOST_SETTINGS_BYTES:
        raise ValueError(f"{name} is too long")
    settings = SettingsFile(BytesIO(content), name)
    is_wide = content.startswith(b"\xff\xfe")
    return settings, content.decode("utf-16" if is_wide else "utf-8", errors="replace")
