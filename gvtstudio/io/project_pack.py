"""A project with copies of all its data, in one folder or zip file, to hand to a colleague."""

import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

import msgspec

from gvtstudio.domain.errors import OutputUnwritable, ResourcesMissing
from gvtstudio.domain.project import LinkedFile, Project, ProjectResult
from gvtstudio.domain.quantities import size_words
from gvtstudio.io.atomic import atomic_file, atomic_folder, refuse_existing, refuse_unwritable
from gvtstudio.io.failures import unreadable, unwritable
from gvtstudio.io.project_file import FORBIDDEN_IN_NAMES, project_bytes
from gvtstudio.io.project_links import normal_path
from gvtstudio.io.provenance_file import sidecar_path
from gvtstudio.io.system_paths import long_path

ZIP_SUFFIX = ".zip"
_BLOCK_BYTES = 1 << 20
# images hardly become smaller at a higher level, but much more slowly
_LEVEL = 1
_WORTH_WHILE = 0.85
_ROOM_FOR_NAMES_BYTES = 4 * 2**20
_JOB_FILES = ("request.json", "log.jsonl", "result.json", "history.csv")
# Beside an .oif file; it is no good without.
_COMPANION_ENDING = ".files"

Report = Callable[[int, int], None]
"""Bytes done, bytes in all; it may raise to stop."""


class PackPlan(msgspec.Struct, frozen=True):
    """What goes where.

    Args:
        project: With links inside the pack.
        files: Source → path inside the pack, with forward slashes.
        byte_count: Of all files together.
        missing: Names of files that are not there to be copied.
    """

    project: Project
    files: tuple[tuple[Path, str], ...]
    byte_count: int
    missing: tuple[str, ...]


def plan_pack(
    path: Path, project: Project, missing: frozenset[str], models: Sequence[Path], out: Path
) -> PackPlan:
    """Decide what is copied, and under which names.

    Args:
        path: The project file.
        project: With links to where its files are now.
        missing: Absolute paths of files that were not found.
        models: Packages that made the results and do not come with the program.
        out: Folder or zip file to make; it names the places inside.

    Raises:
        FileUnreadable: A file cannot be looked at.
    """
    names = _Names()
    home = out.with_suffix("") if out.suffix == ZIP_SUFFIX else out
    files: dict[Path, str] = {}

    def inside(link: LinkedFile, folder: str) -> LinkedFile:
        if link.absolute in missing:
            return msgspec.structs.replace(link, relative="")
        source = Path(link.absolute)
        if source not in files:
            files[source] = names.free(folder, source.name)
        place = files[source]
        return msgspec.structs.replace(link, relative=place, absolute=str(home / place))

    replace = msgspec.structs.replace
    packed = replace(
        project,
        stacks=tuple(replace(s, file=inside(s.file, "data")) for s in project.stacks),
        results=tuple(replace(r, file=inside(r.file, "results")) for r in project.results),
    )
    for model in models:
        files.setdefault(model, names.free("models", model.name))
    companions = {found: place for pair in files.items() for found, place in _companions(*pair)}
    jobs = dict(_job_files(path.parent, project.results))
    everything = tuple(_single_files(files | companions | jobs))
    try:
        byte_count = sum(long_path(source).stat().st_size for source, _ in everything)
    except OSError as error:
        raise unreadable(path, error) from error
    lost = tuple(sorted({Path(absolute).name for absolute in missing}))
    return PackPlan(packed, everything, byte_count, lost)


def write_pack(plan: PackPlan, path: Path, out: Path, report: Report) -> None:
    """Copy everything; what goes wrong or is stopped leaves nothing behind.

    Args:
        plan: What goes where.
        path: The project file, whose name the packed one keeps.
        out: Folder, or file that ends in ``.zip``; it must not exist.
        report: Hears how far it is.

    Raises:
        OutputUnwritable: It exists, lies in what is packed, or cannot be written.
        ResourcesMissing: The disk has not enough room.
        FileUnreadable: A file of the project cannot be read.
    """
    refuse_existing(out)
    refuse_unwritable(out)
    _refuse_inside_source(plan, out)
    _require_room(plan.byte_count, out)
    open_pack = _zip_pack if out.suffix == ZIP_SUFFIX else _folder_pack
    with open_pack(out) as pack:
        done = 0
        for source, place in plan.files:
            with closing(_copied(source, place, pack)) as blocks:
                for count in blocks:
                    done += count
                    report(min(done, plan.byte_count), max(plan.byte_count, 1))
        pack.write(path.name, project_bytes(path, plan.project))


class _Pack(Protocol):
    """Where files are copied to; places have forward slashes."""

    def copy(self, source: Path, place: str) -> Generator[int, None, None]:
        """Copy a file, and give the size of every block."""
        ...

    def write(self, place: str, data: bytes) -> None:
        """Write a small file."""
        ...


class _FolderPack:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy(self, source: Path, place: str) -> Generator[int, None, None]:
        target = self._target(place)
        with long_path(source).open("rb") as original, target.open("xb") as copy:
            while block := original.read(_BLOCK_BYTES):
                copy.write(block)
                yield len(block)
            status = os.fstat(original.fileno())
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))

    def write(self, place: str, data: bytes) -> None:
        self._target(place).write_bytes(data)

    def _target(self, place: str) -> Path:
        target = long_path(self._folder / place)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


class _ZipPack:
    def __init__(self, file: zipfile.ZipFile, root: str) -> None:
        self._file = file
        self._root = root

    def copy(self, source: Path, place: str) -> Generator[int, None, None]:
        entry = zipfile.ZipInfo.from_file(
            long_path(source), f"{self._root}/{place}", strict_timestamps=False
        )
        with long_path(source).open("rb") as original:
            block = original.read(_BLOCK_BYTES)
            entry.compress_type = _compression(block)
            with self._file.open(entry, "w", force_zip64=True) as copy:
                while block:
                    copy.write(block)
                    yield len(block)
                    block = original.read(_BLOCK_BYTES)

    def write(self, place: str, data: bytes) -> None:
        self._file.writestr(f"{self._root}/{place}", data)


def _compression(block: bytes) -> int:
    """Whether a file is made smaller, seen at its beginning: what hardly shrinks is stored.

    Deflating what is compressed already took ten times as long as storing it.
    """
    shrinks = len(zlib.compress(block, _LEVEL)) < _WORTH_WHILE * len(block)
    return zipfile.ZIP_DEFLATED if shrinks else zipfile.ZIP_STORED


@contextmanager
def _folder_pack(out: Path) -> Iterator[_Pack]:
    with atomic_folder(out, overwrite=False) as temporary:
        yield _FolderPack(temporary)


@contextmanager
def _zip_pack(out: Path) -> Iterator[_Pack]:
    with (
        atomic_file(out, overwrite=False) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as file,
    ):
        yield _ZipPack(file, out.stem)


def _copied(source: Path, place: str, pack: _Pack) -> Generator[int, None, None]:
    """Copy a file block by block.

    Raises:
        FileUnreadable: It cannot be read.
    """
    try:
        with long_path(source).open("rb"):
            pass
    except OSError as error:
        raise unreadable(source, error) from error
    yield from pack.copy(source, place)


class _Names:
    """Places inside the pack, none taken twice; capitals do not make a difference."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, folder: str, name: str) -> str:
        """The place for a file; of two with one name the second gets a folder of its own."""
        name = FORBIDDEN_IN_NAMES.sub("-", name)
        place, number = f"{folder}/{name}", 1
        while place.casefold() in self._taken:
            number += 1
            place = f"{folder}/{number}/{name}"
        self._taken.add(place.casefold())
        return place


def _companions(source: Path, place: str) -> Iterator[tuple[Path, str]]:
    """What belongs to a file and lies beside it: the note of a result, the planes of an .oif."""
    note = sidecar_path(source)
    if note.is_file():
        yield note, f"{place}.json"
    planes = source.with_name(source.name + _COMPANION_ENDING)
    if planes.is_dir():
        yield planes, place + _COMPANION_ENDING


def _job_files(folder: Path, results: Sequence[ProjectResult]) -> Iterator[tuple[Path, str]]:
    """What was asked and said when the results were made."""
    for job_id in dict.fromkeys(result.job_id for result in results if result.job_id):
        for name in _JOB_FILES:
            source = folder / "jobs" / job_id / name
            if source.is_file():
                yield source, f"jobs/{job_id}/{name}"


def _single_files(places: Mapping[Path, str]) -> Iterator[tuple[Path, str]]:
    """Every file, those inside folders one by one."""
    for source, place in places.items():
        if not long_path(source).is_dir():
            yield source, place
            continue
        for parent, _, names in os.walk(source):
            inner = Path(parent).relative_to(source).as_posix()
            for name in sorted(names):
                yield Path(parent, name), str(PurePosixPath(place, inner, name))


def _refuse_inside_source(plan: PackPlan, out: Path) -> None:
    """Raise where the pack would lie in a folder that it copies."""
    target = normal_path(out)
    for source, place in plan.files:
        depth = len(PurePosixPath(place).parts) - 2
        folder = source.parents[depth - 1] if depth > 0 else source
        if depth > 0 and target.is_relative_to(folder):
            raise OutputUnwritable(
                f"{out.name} would lie in {folder.name}, which is to be copied.",
                "Choose a folder outside the stacks of the project.",
            )


def _require_room(byte_count: int, out: Path) -> None:
    folder = next((parent for parent in normal_path(out).parents if parent.is_dir()), None)
    if folder is None:
        raise unwritable(out, FileNotFoundError())
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise unwritable(out, error) from error
    needed = byte_count + _ROOM_FOR_NAMES_BYTES
    if free < needed:
        raise ResourcesMissing(
            f"The stacks, results and models of the project take {size_words(needed)}, but only "
            f"{size_words(free)} are free in {folder}.",
            "Free some space or choose another folder.",
        )
