"""Where a result goes when the user has not said so."""

import os
from pathlib import Path

from gvtstudio.io.places import user_data_dir


def output_folder(source: Path, chosen: str, project_folder: Path | None) -> Path:
    """The folder for a result of a stack.

    What the user chose goes first, then the project, then the stack's own folder; originals on
    a read-only disk or share get their results among the program's own files.

    Args:
        source: The stack's file.
        chosen: Folder the user typed; empty where nothing was typed.
        project_folder: Folder of the open project.
    """
    if chosen.strip():
        return Path(chosen.strip()).expanduser().absolute()
    if project_folder is not None:
        return project_folder / "results"
    if os.access(source.parent, os.W_OK):
        return source.parent
    return user_data_dir() / "results"
