"""Reading zips that come from anywhere: nothing is ever unpacked to a name the zip chose.

Members are read into memory, each up to a limit that holds however well it is packed; and a zip
whose members would lie elsewhere, or are links, is refused as a whole.
"""

import re
import stat
import zipfile
import zlib
from pathlib import Path

from gvtstudio.domain.errors import FileUnreadable, ModelRefused

LARGEST_MEMBER = 2 << 30
MOST_MEMBERS = 1000
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")
_DAMAGE = (
    KeyError, OSError, RuntimeError, zipfile.BadZipFile, EOFError, ValueError, zlib.error,
)  # fmt: skip


def opened_archive(path: Path, remedy: str) -> zipfile.ZipFile:
    """The zip, whose members all lie where they say.

    Args:
        path: The file.
        remedy: What else to choose where it is no zip.

    Raises:
        FileUnreadable: It is missing or no zip.
        ModelRefused: It holds what no model package holds.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, NotImplementedError, zipfile.BadZipFile) as error:
        raise FileUnreadable(f"{path.name} is missing or is no model package.", remedy) from error
    try:
        _refuse_unsafe(path, archive)
    except ModelRefused:
        archive.close()
        raise
    return archive


def read_member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    """The content of a member.

    Raises:
        FileUnreadable: It is not there, or damaged.
        ModelRefused: It is larger than any model.
    """
    try:
        with archive.open(name) as member:
            content = member.read(LARGEST_MEMBER + 1)
    except _DAMAGE as error:
        raise FileUnreadable(
            f"{path.name} is a damaged model package: its {name} cannot be read.",
            "Get the file again from where it came.",
        ) from error
    if len(content) > LARGEST_MEMBER:
        raise _too_large(path, name)
    return content


def _refuse_unsafe(path: Path, archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise ModelRefused(
            f"{path.name} is refused: it holds {len(members)} files, more than any model.",
            "Choose another model.",
        )
    for member in members:
        parts = re.split(r"[/\\]", member.filename)
        leaves = ".." in parts or _ABSOLUTE.match(member.filename)
        if leaves or stat.S_ISLNK(member.external_attr >> 16):
            raise ModelRefused(
                f"{path.name} is refused: its {member.filename} points to a place outside of it.",
                "Do not use this file; it may have been made to do harm.",
            )
        if member.file_size > LARGEST_MEMBER:
            raise _too_large(path, member.filename)


def _too_large(path: Path, name: str) -> ModelRefused:
    return ModelRefused(
        f"{path.name} is refused: its {name} is larger than any model of this program.",
        "Choose another model.",
    )
