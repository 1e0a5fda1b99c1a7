"""Opens experiments of Leica LAS X that are folders: XLEF, and the XLCF and XLIF files in them."""

from contextlib import ExitStack
from pathlib import Path

import msgspec
from liffile import LifFile

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.io.failures import unreadable
from gvtstudio.io.formats.bounded_file import BoundedFile
from gvtstudio.io.formats.file_stack import FileStack, opening, refuse_scene
from gvtstudio.io.formats.lif_dataset import describe_lif, first_byte, list_scenes
from gvtstudio.io.formats.lif_voxels import LifVoxels, Memory
from gvtstudio.io.formats.xlef_frames import FrameFiles
from gvtstudio.io.formats.xlef_parts import XlefImage, list_experiment

# No image is packed better, but for one of zeros.
_STRONGEST_PACKING = 1000
_WHOLE_TIFF = (".ome.tif", ".ome.tiff", ".aivia.tif")


def open_xlef(path: Path, scene: int = 0) -> FileStack:
    """Open one image of an experiment.

    Raises:
        FileUnreadable: The file is damaged, or files it names are, or are not there.
        UsageError: There is no such dataset.
    """
    with opening(path) as opened:
        experiment = list_experiment(path)
        scenes = list_scenes([part.image for part in experiment.images])
        if experiment.missing and not scenes:
            raise FileUnreadable(
                f"{path.name} names images that are not beside it, such as "
                f"{experiment.missing[0]}.",
                "Keep the whole folder of the experiment together, and open the file in it.",
            )
        refuse_scene(path, scene, len(scenes))
        chosen = scenes[scene].image
        part = next(part for part in experiment.images if part.image is chosen)
        memory, begin = _memory(path, part, opened)
        info, layout = describe_lif(path, scenes, scene, begin)
        warnings = info.warnings + _missing(experiment.missing)
        info = msgspec.structs.replace(info, reader="xlef", warnings=warnings)
        voxels = LifVoxels(memory, layout)
        return FileStack(info, voxels.fill, voxels.close)


def _memory(path: Path, part: XlefImage, opened: ExitStack) -> tuple[Memory, int]:
    """What holds the voxels of an image, and the byte in it at which they begin."""
    if not part.frames:
        raise ValueError(f"the voxels of {part.image.name} are nowhere")
    absent = next((frame.path for frame in part.frames if not frame.path.is_file()), None)
    if absent is not None:
        raise unreadable(absent, FileNotFoundError())
    names = [frame.path.name.lower() for frame in part.frames]
    if len(names) == 1 and names[0].endswith(".lof"):
        file = BoundedFile(part.frames[0].path)
        opened.callback(file.close)
        container = LifFile(file)  # type: ignore[arg-type]  # reads, seeks and tells
        return file, first_byte(container, part.image, file.size)
    if names[0].endswith(_WHOLE_TIFF):
        raise FileUnreadable(
            f"{path.name}: {part.image.name} is kept in {part.frames[0].path.name}.",
            "Open that file.",
        )
    if not all(name.endswith((".tif", ".tiff")) for name in names):
        raise FileUnreadable(
            f"{path.name}: {part.image.name} is kept in files that are not read "
            f"({part.frames[0].path.name}).",
            "Save it in LAS X as LIF, or export it as OME-TIFF.",
        )
    packed = sum(frame.path.stat().st_size for frame in part.frames)
    if part.image.byte_count > packed * _STRONGEST_PACKING:
        raise ValueError(f"{part.image.name} is announced larger than it is stored")
    return FrameFiles(part.frames), 0


def _missing(names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    images = "An image" if len(names) == 1 else f"{len(names)} images"
    return (
        f"{images} of the experiment {'is' if len(names) == 1 else 'are'} not beside it and left "
        f"out, such as {names[0]}.",
    )
