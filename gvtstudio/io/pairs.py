"""Which file of one folder belongs to which of the other."""

from collections.abc import Iterable
from pathlib import Path

from gvtstudio.domain.errors import FileUnreadable, InputRefused
from gvtstudio.io.formats import READERS

SHOWN = 3


def pair_files(input_dir: Path, target_dir: Path) -> list[tuple[Path, Path]]:
    """Files with the same name in both folders, sorted by name.

    Raises:
        FileUnreadable: A folder is missing or holds no images.
        InputRefused: A file has no partner; nothing is ever paired by order alone.
    """
    inputs, targets = _images(input_dir), _images(target_dir)
    lonely = [*(inputs.keys() - targets.keys()), *(targets.keys() - inputs.keys())]
    if lonely:
        names = ", ".join(sorted(lonely)[:SHOWN]) + (" …" if len(lonely) > SHOWN else "")
        raise InputRefused(
            f"{len(lonely)} files have no partner of the same name: {names}.",
            f"Give the noisy file in {input_dir.name} and the good file in {target_dir.name} "
            "the same name, and remove what has no partner.",
        )
    return [(inputs[name], targets[name]) for name in sorted(inputs)]


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
    return sorted(path for path in paths if path.is_file() and not path.name.startswith("."))
