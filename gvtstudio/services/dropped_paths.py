"""The files behind what the user has dropped or chosen: folders are looked into."""

import os
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.project import PROJECT_SUFFIX
from gvtstudio.io.bioimage_package import is_bioimage_package
from gvtstudio.io.formats.ome_zarr_recognition import described_folder
from gvtstudio.io.model_package import MODEL_SUFFIX
from gvtstudio.io.stacks import is_stack_folder
from gvtstudio.services.folder_images import image_extensions, images_in
from gvtstudio.services.notifications import Notice

PATIENCE_MS = 2000


class DroppedPaths(msgspec.Struct, frozen=True):
    """What the paths turned out to be.

    Args:
        stacks: Image files and folders that are stacks, every one once.
        models: Model files.
        projects: Project files.
        notices: What the user should know, such as folders without images.
    """

    stacks: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


class PathSorter(QObject):
    """Looks at paths beside the window: a drive may be slow, or not answer at all.

    Args:
        parent: Qt parent.
    """

    sorted_out = Signal(object)
    """The ``DroppedPaths`` of one call."""
    waiting = Signal(object)
    """A ``Notice`` that some paths have not answered for a while."""

    def sort_out(self, paths: Sequence[str]) -> None:
        """Find out what the paths are; returns at once."""
        # Not a thread of a pool: the program must be able to end while a drive does not answer.
        thread = Thread(target=partial(self._sort_out, tuple(paths)), daemon=True)
        thread.start()
        QTimer.singleShot(PATIENCE_MS, self, partial(self._tell_waiting, thread, paths[0]))

    def _sort_out(self, paths: tuple[str, ...]) -> None:
        """Runs in a thread of its own."""
        dropped = sorted_out(paths)
        with suppress(RuntimeError):  # the window is gone
            self.sorted_out.emit(dropped)

    def _tell_waiting(self, thread: Thread, path: str) -> None:
        if thread.is_alive():
            said = f"{Path(path).name} does not answer yet; its drive or network may be away."
            self.waiting.emit(Notice(said, "It opens as soon as it answers.", "warning"))


def sorted_out(paths: Sequence[str]) -> DroppedPaths:
    """What each path is: a model, a project, a stack, or a folder with images in it."""
    projects = tuple(path for path in paths if is_project(path))
    models = tuple(path for path in paths if _is_model(Path(path)))
    stacks: list[str] = []
    notices: list[Notice] = []
    for text in paths:
        if text not in projects and text not in models:
            path = normal_path(text)
            try:
                is_full = path.is_dir() and not is_stack_folder(path)
                stacks.extend(_inside(path, notices) if is_full else [str(path)])
            except GvtError as error:
                notices.append(Notice(error.message, error.remedy, "error"))
    return DroppedPaths(tuple(dict.fromkeys(stacks)), models, projects, tuple(notices))


def is_project(path: str) -> bool:
    """Whether a path names a project file."""
    return path.lower().endswith(PROJECT_SUFFIX)


def normal_path(path: str) -> Path:
    """Absolute and without ``..``, so that one file has one name, and so has one folder."""
    return described_folder(Path(os.path.normpath(Path(path).absolute())))


def _is_model(path: Path) -> bool:
    return path.suffix.lower() == MODEL_SUFFIX or is_bioimage_package(path)


def _inside(folder: Path, notices: list[Notice]) -> list[str]:
    images, is_cut = images_in(folder)
    if is_cut:
        said = f"The folder {folder.name} holds very many files; {len(images)} images are opened."
        notices.append(Notice(said, "Drop the files that you need.", "warning"))
    elif not images:
        endings = ", ".join(image_extensions())
        said = f"The folder {folder.name} holds no image file."
        notices.append(Notice(said, f"Drop a folder with files that end in {endings}.", "warning"))
    return [str(path) for path in images]
