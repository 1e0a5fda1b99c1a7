"""Opens LIF and LOF of Leica LAS X: every image of a project, however its axes are stored."""

from pathlib import Path

import msgspec
from liffile import LifFile

from gvtstudio.io.formats.bounded_file import BoundedFile
from gvtstudio.io.formats.file_stack import FileStack, opening, refuse_scene
from gvtstudio.io.formats.lif_dataset import (
    describe_lif,
    first_byte,
    lifetime_warning,
    list_scenes,
)
from gvtstudio.io.formats.lif_image import list_images
from gvtstudio.io.formats.lif_voxels import LifVoxels


def open_lif(path: Path, scene: int = 0) -> FileStack:
    """Open one dataset of a LIF or LOF file.

    Raises:
        FileUnreadable: The file is damaged, truncated, or holds nothing a stack can hold.
        UsageError: There is no such dataset.
    """
    with opening(path) as opened:
        file = BoundedFile(path)
        opened.callback(file.close)
        container = LifFile(file)  # type: ignore[arg-type]  # reads, seeks and tells
        scenes = list_scenes(list_images(container.xml_element))
        left_out = lifetime_warning(path, container.xml_element, len(scenes))
        refuse_scene(path, scene, len(scenes))
        begin = first_byte(container, scenes[scene].image, file.size)
        info, layout = describe_lif(path, scenes, scene, begin)
        info = msgspec.structs.replace(info, warnings=info.warnings + left_out)
        voxels = LifVoxels(file, layout)
        return FileStack(info, voxels.fill, voxels.close)
