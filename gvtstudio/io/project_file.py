"""Project files: readable JSON with links that survive moving the data or the project."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePath

import msgspec

from gvtstudio import __version__
from gvtstudio.domain.errors import FileUnreadable, OutputUnwritable
from gvtstudio.domain.project import PROJECT_SUFFIX, PROJECT_VERSION, LinkedFile, Project
from gvtstudio.io.atomic import write_bytes
from gvtstudio.io.failures import unreadable, unwritable
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.project_upgrades import Content, upgraded
from gvtstudio.io.stacks import is_stack_folder

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_STACK_FOLDERS = ".zarr"
_SUBFOLDERS = ("jobs", "results")
# A search for a moved file stays short even on a network share.
_SEARCH_DEPTH = 3
_SEARCH_ENTRIES = 5000
# The root, a drive, or the folder of all users: too wide to search in.
_SHALLOW_PARTS = 3


def create_project(folder: Path, name: str) -> Path:
    """Make a project folder with its file and its folders for jobs and results.

    Args:
        folder: New, or there already without a project in it.
        name: Of the project, as the user wrote it.

    Returns:
        The project file.

    Raises:
        OutputUnwritable: There is a project in the folder, or it cannot be written.
    """
    folder = folder.absolute()
    if folder.is_dir() and any(folder.glob(f"*{PROJECT_SUFFIX}")):
        raise OutputUnwritable(
            f"There is a project in {folder} already.", "Open that one, or choose another folder."
        )
    try:
        for subfolder in _SUBFOLDERS:
            (folder / subfolder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    path = folder / f"{_FORBIDDEN.sub('-', name).strip('. ') or 'project'}{PROJECT_SUFFIX}"
    created = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    save_project(path, Project(name=name, created=created))
    return path


def load_project(path: Path) -> Project:
    """Read a project of this or any older version.

    Raises:
        FileUnreadable: Missing, damaged, or of a newer version of the program.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        content = msgspec.json.decode(data, type=Content)
        version = msgspec.convert(content.get("version"), int)
        if 1 <= version <= PROJECT_VERSION:
            return msgspec.convert(upgraded(content), Project)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FileUnreadable(
            f"{path.name} is damaged or no project: {error}.",
            "Restore it from a backup, or make a new project and drop the stacks into it.",
        ) from error
    raise FileUnreadable(
        f"{path.name} was written by a newer version of this program (project version {version}).",
        "Update this program to open it.",
    )


def save_project(path: Path, project: Project) -> None:
    """Write a project file whole or not at all.

    Raises:
        OutputUnwritable: The place cannot be written.
    """
    written = msgspec.structs.replace(project, version=PROJECT_VERSION, program_version=__version__)
    try:
        encoded = msgspec.json.encode(written)
    except UnicodeEncodeError as error:
        raise OutputUnwritable(
            f"{path.name} cannot be written: a file of the project has a name that is not text.",
            "Rename that file and add it again.",
        ) from error
    write_bytes(path, msgspec.json.format(encoded, indent=2) + b"\n")


def link_file(project_folder: Path, file: Path) -> LinkedFile:
    """A link to a file or a folder that is a stack.

    Its hash is left empty, for it takes seconds per gigabyte.

    Raises:
        FileUnreadable: The file is not there.
    """
    file = _normal(file)
    try:
        size = _size(file)
    except OSError as error:
        raise unreadable(file, error) from error
    return LinkedFile(relative=_relative(project_folder, file), absolute=str(file), size=size)


def resolve_link(project_folder: Path, link: LinkedFile) -> Path | None:
    """Where the linked file is now; ``None`` when it is not found.

    Looks beside the project as before, then at the old place, then near both for a file of the
    same name, size and content. A file that was changed in its place is still returned; the
    caller tells by the hash.
    """
    places = [Path(link.absolute)]
    if link.relative:
        places.insert(0, _normal(project_folder / PurePath(link.relative)))
    existing = [place for place in places if place.is_file() or is_stack_folder(place)]
    for place in existing:
        if _size(place) == link.size:
            return place
    return existing[0] if existing else _search(project_folder, link)


def _size(file: Path) -> int:
    """Bytes of a file; 0 for a folder, which may hold too many files to look at each."""
    return 0 if file.is_dir() else file.stat().st_size


def _relative(project_folder: Path, file: Path) -> str:
    try:
        return Path(os.path.relpath(file, _normal(project_folder))).as_posix()
    except ValueError:
        # Windows has no relative path to another drive.
        return ""


def _normal(path: Path) -> Path:
    """Absolute and without ``..``; links are kept as the user sees them."""
    return Path(os.path.normpath(path.absolute()))


def _search(project_folder: Path, link: LinkedFile) -> Path | None:
    name = PurePath(link.absolute.replace("\\", "/")).name
    for candidate in _files_near(project_folder, Path(link.absolute)):
        if candidate.name == name and _is_same_content(candidate, link):
            return candidate
    return None


def _is_same_content(candidate: Path, link: LinkedFile) -> bool:
    try:
        if _size(candidate) != link.size or not (candidate.is_file() or is_stack_folder(candidate)):
            return False
        return not link.sha256 or sha256_of_file(candidate) == link.sha256
    except (OSError, FileUnreadable):
        return False


def _files_near(project_folder: Path, old_place: Path) -> Iterator[Path]:
    """Files and folders in and beside the project, and around the place where the file was."""
    folder = _normal(project_folder)
    starts = [folder, folder.parent]
    starts += [parent for parent in old_place.parents if parent.is_dir()][:1]
    left = _SEARCH_ENTRIES
    for start in dict.fromkeys(starts):
        if len(start.parts) < _SHALLOW_PARTS:
            continue
        for parent, folders, files in os.walk(start):
            if len(Path(parent).parts) - len(start.parts) >= _SEARCH_DEPTH:
                folders.clear()
            left -= len(files) + len(folders)
            if left < 0:
                return
            yield from (Path(parent) / name for name in (*files, *folders))
            # a stack that is a folder holds thousands of files
            folders[:] = [name for name in folders if not name.endswith(_STACK_FOLDERS)]
