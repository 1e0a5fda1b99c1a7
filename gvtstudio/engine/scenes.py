"""What scenes does a file hold, and what do they look like?"""

from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.region import Region, Span
from gvtstudio.domain.scene_looks import SceneLook, ScenesRequest
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.thumbnail import LONGEST_SIDE_PX, drawn, drawn_as_is, reduced
from gvtstudio.io.export import result_name
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.picture_file import write_picture
from gvtstudio.io.stacks import open_stack

# Of a plane without a coarser copy only so much is read: 16-bit voxels take 32 MB.
_LONGEST_READ_PX = 4096


def run(request: ScenesRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Look at one scene after the other and tell of each; none keeps the others back."""
    names = _scene_names(request)
    pictures = Path(request.output_dir) if request.output_dir else folder.path
    looks: list[SceneLook] = []
    for scene in range(request.first, len(names)):
        reporter.progress("Looking at scenes", scene, len(names), "scenes")
        look = msgspec.structs.replace(_look(request, scene, pictures), name=names[scene])
        reporter.scene(look)
        looks.append(look)
    reporter.progress("Looking at scenes", len(names), len(names), "scenes")
    written = tuple(look.picture for look in looks if look.picture)
    return Finished(outputs=written, scenes=tuple(looks))


def _scene_names(request: ScenesRequest) -> tuple[str, ...]:
    """All scenes of the file; where the first cannot be opened, the next one tells.

    Raises:
        GvtError: Neither can be.
    """
    try:
        return _names(request, request.first)
    except GvtError as error:
        try:
            return _names(request, request.first + 1)
        except GvtError:
            raise error from None


def _names(request: ScenesRequest, scene: int) -> tuple[str, ...]:
    with closing(_opened(request, scene)) as stack:
        return stack.info.scene_names or (stack.info.name,)


def _opened(request: ScenesRequest, scene: int, level: int = 0) -> Stack:
    return open_stack(Path(request.path), scene, request.voxel_size, request.axes, level)


def _look(request: ScenesRequest, scene: int, pictures: Path) -> SceneLook:
    """Describe a scene and write its picture.

    Raises:
        OutputUnwritable: The picture exists and may not be replaced, or cannot be written.
    """
    try:
        stack = _opened(request, scene)
    except GvtError as error:
        return SceneLook(scene=scene, refused=error.sentence())
    with closing(stack):
        info = msgspec.structs.replace(stack.info, metadata_text="", scene_names=())
        look = SceneLook(scene=scene, info=info)
        if not request.draws:
            return look
        try:
            picture, is_part = _drawn_coarsely(request, stack)
        except GvtError as error:
            return msgspec.structs.replace(look, refused=error.sentence())
    path = pictures / result_name(Path(request.path), f"scene{scene + 1}", "", ".png")
    write_picture(path, picture, overwrite=request.overwrite)
    return msgspec.structs.replace(look, picture=str(path), is_part=is_part)


def _drawn_coarsely(request: ScenesRequest, stack: Stack) -> tuple[np.ndarray, bool]:
    """The picture of a scene from its coarsest copy that will do, and whether it is cut.

    Raises:
        FileUnreadable: What is read is damaged.
    """
    level = _level(stack.info)
    if not level:
        return _drawn(stack)
    with closing(_opened(request, stack.info.scene, level)) as coarse:
        return _drawn(coarse)


def _level(info: StackInfo) -> int:
    """The coarsest copy that is no smaller than the picture; 0, the finest, where none is."""
    fitting = (
        level
        for level in range(len(info.level_shapes), 0, -1)
        if max(info.level_shapes[level - 1][3:]) >= LONGEST_SIDE_PX
    )
    return next(fitting, 0)


def _drawn(stack: Stack) -> tuple[np.ndarray, bool]:
    """The middle slice of the first time point, (Y, X, 3) uint8, and whether it is cut."""
    info = stack.info
    _, z, c, y, x = info.shape
    region = Region.whole(info.shape).only(t=0, z=z // 2).within(y=_middle(y), x=_middle(x))
    # One channel at a time: of a spectral scan there may be many.
    planes = [reduced(stack.read(region.only(c=i))[0, 0, 0]) for i in range(c)]
    is_colour = info.is_rgb and c == 3
    picture = drawn_as_is(planes) if is_colour else drawn(planes, [s.colour for s in info.channels])
    return picture, max(y, x) > _LONGEST_READ_PX


def _middle(size: int) -> Span:
    """Of a long axis the middle, of others all."""
    length = min(size, _LONGEST_READ_PX)
    start = (size - length) // 2
    return (start, start + length)
