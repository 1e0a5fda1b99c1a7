"""A project: which stacks belong together, and what was made of them."""

import msgspec

from gvtstudio.domain.reading import Reading

PROJECT_VERSION = 3
PROJECT_SUFFIX = ".gvtproject"


class LinkedFile(msgspec.Struct, frozen=True):
    """A file or folder, found again after it or the project has moved.

    Args:
        relative: Path from the project folder, with forward slashes; empty on another drive.
        absolute: Path when it was last seen.
        size: In bytes; 0 for a folder until it has been counted.
        sha256: Of the content; empty until it has been computed.
        modified_ns: Last change of the content of which size and hash are known, in nanoseconds
            since 1970; 0 where it is not known.
    """

    relative: str
    absolute: str
    size: int
    sha256: str = ""
    modified_ns: int = 0


class ProjectStack(msgspec.Struct, frozen=True):
    """A stack of the project and what the user said about it.

    Args:
        file: Where it is.
        scene: Dataset inside the file, counted from 0.
        note: In the user's words.
        axes: What its planes are, such as ``TZ``; empty as the file says.
        voxel_size: ``Z,Y,X`` in µm; empty as the file says.
    """

    file: LinkedFile
    scene: int = 0
    note: str = ""
    axes: str = ""
    voxel_size: str = ""

    @property
    def reading(self) -> Reading:
        """How it is to be read."""
        return Reading(self.voxel_size, self.axes)


class ProjectResult(msgspec.Struct, frozen=True):
    """A file the program made, inside the project folder or linked.

    Args:
        file: The result.
        job_id: Folder under ``jobs/`` that made it.
        source_sha256: Content of the stack it was made from.
        source_scene: Dataset inside that stack's file.
    """

    file: LinkedFile
    job_id: str = ""
    source_sha256: str = ""
    source_scene: int = 0


class Project(msgspec.Struct, frozen=True):
    """The content of a ``*.gvtproject`` file."""

    name: str
    stacks: tuple[ProjectStack, ...] = ()
    results: tuple[ProjectResult, ...] = ()
    created: str = ""
    program_version: str = ""
    version: int = PROJECT_VERSION
