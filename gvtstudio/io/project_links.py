"""Links of a project to its files, which survive moving the data or the project."""

import os
import stat
import string
from collections.abc import Callable, Iterator
from pathlib import Path, PureWindowsPath

import msgspec

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.project import LinkedFile, Project
from gvtstudio.io.failures import unreadable
from gvtstudio.io.hashing import files_in, sha256_of_file
from gvtstudio.io.stacks import is_stack_folder
from gvtstudio.io.system_paths import (
    link_name,
    linked_place,
    long_path,
    on_other_drives,
    relative_link,
    same_name,
)

STACK_FOLDER_ENDING = ".zarr"
# A search for a moved file stays short even on a network share.
_SEARCH_DEPTH = 3
_SEARCH_ENTRIES = 5000
# The root, a drive, or the folder of all users: too wide to search in.
_SHALLOW_PARTS = 3

Check = Callable[[], None]


class ResolvedProject(msgspec.Struct, frozen=True):
    """A project with every link pointing to where its file is now.

    Args:
        project: With links to the files that were found.
        missing: The absolute paths, as linked, of files that were not found.
    """

    project: Project
    missing: frozenset[str]


def link_file(project_folder: Path, file: Path) -> LinkedFile:
    """A link to a file or folder; its hash is left empty, for it takes seconds per gigabyte.

    The size of a folder is left open too: its files would have to be counted.

    Raises:
        FileUnreadable: The file is not there.
    """
    file = normal_path(file)
    try:
        status = long_path(file).stat()
    except OSError as error:
        raise unreadable(file, error) from error
    relative = relative_link(normal_path(project_folder), file)
    if stat.S_ISDIR(status.st_mode):
        return LinkedFile(relative, str(file), 0)
    return LinkedFile(relative, str(file), status.st_size, modified_ns=status.st_mtime_ns)


def measured(link: LinkedFile, check: Check = lambda: None) -> LinkedFile:
    """The link with size, time and hash of what lies there now.

    The content is read only where size or time are others than when it was last read.

    Args:
        link: To a file or folder.
        check: Called between pieces of work; it may raise to stop.

    Raises:
        FileUnreadable: It is missing or cannot be read.
    """
    file = Path(link.absolute)
    size, modified_ns = size_and_time(file, check)
    if link.sha256 and (size, modified_ns) == (link.size, link.modified_ns):
        return link
    sha256 = sha256_of_file(file, check)
    return msgspec.structs.replace(link, size=size, modified_ns=modified_ns, sha256=sha256)


def resolve_link(project_folder: Path, link: LinkedFile) -> Path | None:
    """Where the linked file is now; ``None`` when it is not found.

    Looks beside the project as before, then at the old place, there also on other drives, then
    near both for a file of the same name, size and content. A file that was changed in its place
    is still returned; the caller tells by the hash.
    """
    places = [Path(link.absolute)]
    if link.relative:
        places.insert(0, linked_place(normal_path(project_folder), link.relative))
    existing = [place for place in places if is_stack_place(place)]
    if not existing and os.name == "nt":
        others = on_other_drives(PureWindowsPath(link.absolute), _drives())
        existing = [place for place in map(Path, others) if is_stack_place(place)]
    for place in existing:
        if _has_size(place, link):
            return place
    return existing[0] if existing else _search(project_folder, link)


def resolve_project(project_folder: Path, project: Project) -> ResolvedProject:
    """Look for every file of a project."""
    missing = set()
    renewed: dict[LinkedFile, LinkedFile] = {}

    def now(link: LinkedFile) -> LinkedFile:
        if link not in renewed:
            file = resolve_link(project_folder, link)
            if file is None:
                missing.add(link.absolute)
            renewed[link] = link if file is None else placed(project_folder, link, file)
        return renewed[link]

    replace = msgspec.structs.replace
    stacks = tuple(replace(stack, file=now(stack.file)) for stack in project.stacks)
    results = tuple(replace(result, file=now(result.file)) for result in project.results)
    found = replace(project, stacks=stacks, results=results)
    return ResolvedProject(found, frozenset(missing))


def placed(project_folder: Path, link: LinkedFile, file: Path) -> LinkedFile:
    """A link that now leads to another place; what is known of its content is kept."""
    file = normal_path(file)
    relative = relative_link(normal_path(project_folder), file)
    return msgspec.structs.replace(link, relative=relative, absolute=str(file))


def linked_anew(project_folder: Path, project: Project) -> Project:
    """The project with links from another folder to the same places."""
    replace = msgspec.structs.replace

    def anew(link: LinkedFile) -> LinkedFile:
        return placed(project_folder, link, Path(link.absolute))

    return replace(
        project,
        stacks=tuple(replace(stack, file=anew(stack.file)) for stack in project.stacks),
        results=tuple(replace(result, file=anew(result.file)) for result in project.results),
    )


def is_same_content(candidate: Path, link: LinkedFile, check: Check = lambda: None) -> bool:
    """Whether a file can be the linked one: by size and, where it is known, by hash."""
    try:
        if not is_stack_place(candidate):
            return False
        if link.size and size_and_time(candidate, check)[0] != link.size:
            return False
        return not link.sha256 or sha256_of_file(candidate, check) == link.sha256
    except (OSError, FileUnreadable):
        return False


def is_stack_place(place: Path) -> bool:
    """Whether there is a file, or a folder that is a stack; a drive that fails has none."""
    target = long_path(place)
    try:
        return target.is_file() or is_stack_folder(target)
    except (OSError, FileUnreadable):
        return False


def normal_path(path: Path) -> Path:
    """Absolute and without ``..``; links are kept as the user sees them."""
    return Path(os.path.normpath(path.absolute()))


def _has_size(place: Path, link: LinkedFile) -> bool:
    """Whether a file has the size of the linked one; folders are not counted for that."""
    target = long_path(place)
    return target.is_dir() or target.stat().st_size == link.size


def size_and_time(file: Path, check: Check = lambda: None) -> tuple[int, int]:
    """Bytes and last change of a file, or of all files in a folder together.

    Files that are no content, which file managers leave in folders, are not counted.

    Raises:
        FileUnreadable: It is missing or cannot be read.
    """
    target = long_path(file)
    try:
        if not target.is_dir():
            status = target.stat()
            return status.st_size, status.st_mtime_ns
        size = modified_ns = 0
        for _, part in files_in(target):
            check()
            status = part.stat()
            size, modified_ns = size + status.st_size, max(modified_ns, status.st_mtime_ns)
    except OSError as error:
        raise unreadable(file, error) from error
    return size, modified_ns


def _is_folder(place: Path) -> bool:
    """Whether there is a folder; a drive that cannot be asked has none."""
    try:
        return place.is_dir()
    except OSError:
        return False


def _drives() -> list[str]:
    return [f"{letter}:" for letter in string.ascii_uppercase if _is_folder(Path(f"{letter}:\\"))]


def _search(project_folder: Path, link: LinkedFile) -> Path | None:
    name = link_name(link.absolute)
    for candidate in _near(project_folder, Path(link.absolute)):
        if same_name(candidate.name, name) and is_same_content(candidate, link):
            return candidate
    return None


def _near(project_folder: Path, old_place: Path) -> Iterator[Path]:
    """Files and folders in and beside the project, and around the place where the file was."""
    folder = normal_path(project_folder)
    starts = [folder, folder.parent]
    starts += [parent for parent in old_place.parents if _is_folder(parent)][:1]
    left = _SEARCH_ENTRIES
    for start in dict.fromkeys(starts):
        if len(start.parts) < _SHALLOW_PARTS:
            continue
        for parent, folders, files in os.walk(start):
            names = [*files, *folders]
            if len(Path(parent).parts) - len(start.parts) >= _SEARCH_DEPTH:
                folders.clear()
            left -= len(names)
            if left < 0:
                return
            yield from (Path(parent) / name for name in names)
            # a stack that is a folder holds thousands of files
            folders[:] = [name for name in folders if not name.endswith(STACK_FOLDER_ENDING)]
