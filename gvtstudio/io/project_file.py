"""Project files: readable JSON with a version number."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gvtstudio import __version__
from gvtstudio.domain.errors import FileUnreadable, OutputUnwritable
from gvtstudio.domain.project import PROJECT_SUFFIX, PROJECT_VERSION, Project
from gvtstudio.io.atomic import write_bytes
from gvtstudio.io.failures import unreadable, unwritable
from gvtstudio.io.project_upgrades import Content, upgraded
from gvtstudio.io.system_paths import long_path

FORBIDDEN_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_SUBFOLDERS = ("jobs", "results")


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
    if folder.is_dir() and any(folder.glob(f"[!.]*{PROJECT_SUFFIX}")):
        raise OutputUnwritable(
            f"There is a project in {folder} already.", "Open that one, or choose another folder."
        )
    try:
        for subfolder in _SUBFOLDERS:
            (folder / subfolder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    path = folder / f"{FORBIDDEN_IN_NAMES.sub('-', name).strip('. ') or 'project'}{PROJECT_SUFFIX}"
    created = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    save_project(path, Project(name=name, created=created))
    return path


def load_project(path: Path) -> Project:
    """Read a project of this or any older version.

    Raises:
        FileUnreadable: Missing, damaged, or of a newer version of the program.
    """
    try:
        data = long_path(path).read_bytes()
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
    write_project(path, project_bytes(path, project))


def write_project(path: Path, data: bytes) -> None:
    """Write what ``project_bytes`` has made, whole or not at all.

    Raises:
        OutputUnwritable: The place cannot be written.
    """
    write_bytes(long_path(path), data)


def forget_torn(path: Path) -> None:
    """Remove what a program left that was ended while it wrote the project beside it."""
    for ending in (PROJECT_SUFFIX, ".lock"):
        for torn in path.parent.glob(f".writing-*{ending}"):
            with suppress(OSError):
                torn.unlink()


def project_bytes(path: Path, project: Project) -> bytes:
    """The content of a project file of this version.

    Args:
        path: The file, to be named where it cannot be made.
        project: What it holds.

    Raises:
        OutputUnwritable: A name is no text.
    """
    written = msgspec.structs.replace(project, version=PROJECT_VERSION, program_version=__version__)
    try:
        encoded = msgspec.json.encode(written)
    except UnicodeEncodeError as error:
        raise OutputUnwritable(
            f"{path.name} cannot be written: a file of the project has a name that is not text.",
            "Rename that file and add it again.",
        ) from error
    return msgspec.json.format(encoded, indent=2) + b"\n"
