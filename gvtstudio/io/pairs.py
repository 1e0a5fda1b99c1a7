"""Which file of one folder belongs to which of the other."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from gvtstudio.domain.errors import FileUnreadable, InputRefused
from gvtstudio.io.formats import READERS
from gvtstudio.io.stacks import is_stack_folder

SHOWN = 3


class MatchedFiles(msgspec.Struct, frozen=True):
    """What two folders hold.

    Args:
        pairs: Files of the same name, sorted by it.
        lonely: Files of either folder without a partner, sorted by name.
    """

    pairs: tuple[tuple[Path, Path], ...]
    lonely: tuple[Path, ...]


def pair_files(input_dir: Path, target_dir: Path) -> list[tuple[Path, Path]]:
    """Files with the same name in both folders, sorted by name.

    Raises:
        FileUnreadable: A folder is missing or holds no images.
        InputRefused: A file has no partner; nothing is ever paired by order alone.
    """
    matched = match_files(input_dir, target_dir)
    if matched.lonely:
        refuse_lonely(matched.lonely, input_dir, target_dir)
    return list(matched.pairs)


def match_files(input_dir: Path, target_dir: Path) -> MatchedFiles:
    """Pairs and lonely files of two folders, for a user who wants to see both.

    Raises:
        FileUnreadable: A folder is missing or holds no images.
    """
    inputs, targets = _images(input_dir), _images(target_dir)
    both = inputs.keys() & targets.keys()
    lonely = [path for path in (*inputs.values(), *targets.values()) if path.name not in both]
    return MatchedFiles(
        tuple((inputs[name], targets[name]) for name in sorted(both)),
        tuple(sorted(lonely, key=lambda path: path.name)),
    )


def refuse_lonely(lonely: Sequence[Path], input_dir: Path, target_dir: Path) -> NoReturn:
    """Say which files have no partner.

    Raises:
        InputRefused: Always.
    """
    names = ", ".join(path.name for path in lonely[:SHOWN]) + (" …" if len(lonely) > SHOWN else "")
    have = "file has" if len(lonely) == 1 else "files have"
    raise InputRefused(
        f"{len(lonely)} {have} no partner of the same name: {names}.",
        f"Give the noisy file in {input_dir.name} and the good file in {target_dir.name} "
        "the same name, and remove what has no partner.",
    )


def _images(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise FileUnreadable(f"There is no folder {folder}.", "Check the path.")
    known = tuple(extension for reader in READERS.values() for extension in reader.extensions)
    found = {p.name: p for p in _sorted(folder.iterdir()) if p.name.lower().endswith(known)}
    if not found:
        raise FileUnreadable(
            f"The folder {folder} holds no images this program reads.",
            f"Put files ending in {', '.join(known)} there.",
        )
    return found


def _sorted(paths: Iterable[Path]) -> list[Path]:
    shown = (path for path in paths if not path.name.startswith("."))
    return sorted(path for path in shown if path.is_file() or is_stack_folder(path))
