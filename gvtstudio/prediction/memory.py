"""How much memory this process may still take.

The computer may have more than a process is given: containers and the queues of computing clusters
set control groups, and administrators set limits. A process that goes beyond is ended without a
word, so that the least of all of them counts.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import psutil

BESIDE_THE_TILES = 130_000_000
"""Bytes for reading, writing and what libraries prepare, measured on a restoration of 0.2 GB."""
NO_LIMIT = 1 << 60
"""Bytes from which on a number stands for none: control groups of version 1 have no word for it."""
_GROUPS: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "": ("", ("memory.max", "memory.high"), "memory.current", "inactive_file"),
    "memory": (
        "memory", ("memory.limit_in_bytes",), "memory.usage_in_bytes", "total_inactive_file",
    ),
}  # fmt: skip
"""By controller (version 2 names none): the folder below ``sys/fs/cgroup``, the files with limits,
the file with what is taken, and the entry of ``memory.stat`` with what is given back on demand."""


def available_bytes(root: Path = Path("/")) -> int:
    """What this process may still take of the computer's memory.

    Args:
        root: Where ``proc`` and ``sys`` are.
    """
    free = [int(psutil.virtual_memory().available), *_left_in_groups(root), *_left_of_addresses()]
    return max(min(free), 0)


def _left_in_groups(root: Path) -> Iterator[int]:
    """What the control groups of this process leave, its own and all around it."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        for controller in controllers.split(","):
            if controller not in _GROUPS:
                continue
            folder, limits, taken, given_back = _GROUPS[controller]
            base = root / "sys/fs/cgroup" / folder
            # a group seen from outside its container is not there, but that of the container is
            own = PurePosixPath(group.lstrip("/"))
            for each in (own, *own.parents):
                yield from _left_in_group(base / each, limits, taken, given_back)


def _left_in_group(
    group: Path, limits: tuple[str, ...], taken: str, given_back: str
) -> Iterator[int]:
    used = _number(group / taken)
    if used is None:
        return
    for name in limits:
        limit = _number(group / name)
        if limit is not None and limit < NO_LIMIT:
            yield limit - max(used - _entry(group / "memory.stat", given_back), 0)


def _left_of_addresses() -> Iterator[int]:
    """What ``ulimit -v`` leaves; Windows has none."""
    try:
        import resource  # not on Windows

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    except (ImportError, AttributeError, OSError, ValueError):
        return
    if limit not in (resource.RLIM_INFINITY, -1) and limit < NO_LIMIT:
        yield limit - int(psutil.Process().memory_info().vms)


def _entry(path: Path, name: str) -> int:
    """One number of a file with a name and a number on each line; 0 where it is missing."""
    for line in _text(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdecimal():
            return int(value)
    return 0


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None


def _text(path: Path) -> str:
    """Of a file of the kernel; empty where there is none."""
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
