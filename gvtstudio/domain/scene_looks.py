"""Looking at every scene of a file before one is opened: what is asked, and what is seen."""

import msgspec

from gvtstudio.domain.stack import StackInfo


class ScenesRequest(msgspec.Struct, frozen=True, tag="scenes", kw_only=True):
    """Describe every scene of a file, and draw a small picture of each.

    Args:
        path: The file.
        first: The scene to begin with, counted from 0; those before it are left out.
        voxel_size: ``Z,Y,X`` in µm of all, where the user knows better; empty: the file's.
        axes: What the planes of all are, such as ``TZ`` or ``ZC2``; empty: as the file says.
        draws: Whether pictures are wanted.
        output_dir: Folder for them; empty draws them in the job's folder.
        overwrite: Replace existing pictures.
    """

    path: str
    first: int = 0
    voxel_size: str = ""
    axes: str = ""
    draws: bool = True
    output_dir: str = ""
    overwrite: bool = False


class SceneLook(msgspec.Struct, frozen=True, tag="scene", kw_only=True):
    """One scene of a file has been looked at.

    Args:
        scene: Its index in the file.
        name: What the file calls it; may be empty.
        info: Its description without what is long; ``None`` where it cannot be opened.
        picture: PNG file; empty where there is none.
        refused: Why it cannot be opened or drawn, in a sentence.
        is_part: Whether the picture shows only the middle of a plane too large to be read.
    """

    scene: int
    name: str = ""
    info: StackInfo | None = None
    picture: str = ""
    refused: str = ""
    is_part: bool = False
