"""Tells folders in which Micro-Manager keeps one TIFF file per plane; imports no library."""

import re
from pathlib import Path

from gvtstudio.io.formats.folder_names import names_in

DESCRIPTION = "metadata.txt"
OLD_NAME = re.compile(r"img_(?P<t>\d{9})_(?P<channel>.*)_(?P<z>\d{3,})\.tiff?")
NEW_NAME = re.compile(r"img_channel(?P<c>\d+)_position(?P<s>\d+)_time(?P<t>\d+)_z(?P<z>\d+)\.tiff?")
_POSITION_FOLDER = re.compile(r"(\d+-)?Pos.*|Default", re.IGNORECASE)


def is_micromanager_folder(path: Path, first_bytes: bytes) -> bool:
    """Whether a folder is a stage position of an acquisition, or has such folders in it."""
    return not first_bytes and path.is_dir() and bool(position_folders(path))


def position_folders(folder: Path) -> list[Path]:
    """The folders of the stage positions, by their numbers; none where it is no acquisition."""
    names = names_in(folder)
    if _is_position(folder, names):
        return [folder]
    # any folder may hold very many others, which are not looked into
    inner = [folder / name for name in names if "." not in name]
    listed = {path: names_in(path) for path in inner if (path / DESCRIPTION).is_file()}
    found = {path: held for path, held in listed.items() if _is_position(path, held)}
    if not all(_POSITION_FOLDER.fullmatch(path.name) for path in found):
        # Users may name positions as they like; then the files must tell their numbers.
        numbers = [_number(held) for held in found.values()]
        if -1 in numbers or len(set(numbers)) < len(numbers):
            return []
    return sorted(found, key=lambda path: (_number(found[path]), _natural(path.name)))


def _is_position(folder: Path, names: list[str]) -> bool:
    return DESCRIPTION in names and any(
        OLD_NAME.fullmatch(name) or NEW_NAME.fullmatch(name) for name in names
    )


def _number(names: list[str]) -> int:
    """The number of the stage position in the names of its files; -1 where they have none."""
    found = (NEW_NAME.fullmatch(name) for name in names)
    return next((int(match["s"]) for match in found if match), -1)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts Pos2 before Pos10."""
    return [
        (int(part or 0), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)
    ]
