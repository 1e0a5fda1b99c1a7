"""The files behind what the user has dropped or chosen: folders are looked into."""

import os
from collections.abc import Sequence
from pathlib import Path

from gvtstudio.domain.errors import GvtError
from gvtstudio.io.formats.ome_zarr_recognition import described_folder
from gvtstudio.io.stacks import is_stack_folder
from gvtstudio.services.folder_images import image_extensions, images_in
from gvtstudio.services.notifications import Notifications


def normal_path(path: str) -> Path:
    """Absolute and without ``..``, so that one file has one name, and so has one folder."""
    return described_folder(Path(os.path.normpath(Path(path).absolute())))


def files_behind(paths: Sequence[str], notifications: Notifications) -> tuple[str, ...]:
    """Every file once, and the images in folders that are no stacks themselves.

    Args:
        paths: Files and folders.
        notifications: Where folders without images, or with too many, are told.
    """
    files: list[str] = []
    for text in paths:
        path = normal_path(text)
        is_full = path.is_dir() and not is_stack_folder(path)
        files.extend(_inside(path, notifications) if is_full else [str(path)])
    return tuple(dict.fromkeys(files))


def _inside(folder: Path, notifications: Notifications) -> list[str]:
    try:
        images, is_cut = images_in(folder)
    except GvtError as error:
        notifications.report(error)
        return []
    if is_cut:
        notifications.notify(
            f"The folder {folder.name} holds very many files; {len(images)} images are opened.",
            "Drop the files that you need.",
            "warning",
        )
    elif not images:
        notifications.notify(
            f"The folder {folder.name} holds no image file.",
            f"Drop a folder with files that end in {', '.join(image_extensions())}.",
            "warning",
        )
    return [str(path) for path in images]
