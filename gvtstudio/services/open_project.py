"""The project that is open, as a value."""

from pathlib import Path

import msgspec

from gvtstudio.domain.project import Project


class OpenProject(msgspec.Struct, frozen=True):
    """A project and where it lies.

    Args:
        path: The project file.
        project: Its content.
        missing: Absolute paths of linked files that were not found.
        refusal: Why nothing is saved into it; empty where it can be changed.
        remedy: What the user can do about that.
    """

    path: Path
    project: Project
    missing: frozenset[str] = frozenset()
    refusal: str = ""
    remedy: str = ""

    @property
    def folder(self) -> Path:
        """The project folder, with ``jobs`` and ``results`` inside."""
        return self.path.parent

    @property
    def is_read_only(self) -> bool:
        """Whether changes are not saved."""
        return bool(self.refusal)

    @property
    def work_folder(self) -> Path | None:
        """Where jobs and results go; ``None`` where the folder is another window's."""
        return None if self.is_read_only else self.folder
