"""Where the files shipped with the program are: models, icons, themes, licences.

The same call works in a checkout (``resources/`` beside the package), in an installed wheel
(``gvtstudio/_resources``) and in a frozen bundle (``_resources`` below the unpacked folder).
"""

import sys
from pathlib import Path

import gvtstudio
from gvtstudio.domain.errors import FileUnreadable


def resources_dir() -> Path:
    """The folder of shipped files.

    Raises:
        FileUnreadable: The installation is incomplete.
    """
    package = Path(gvtstudio.__file__).parent
    candidates = [package / "_resources", package.parent / "resources"]
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is not None:
        candidates.append(Path(bundle) / "gvtstudio" / "_resources")
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise FileUnreadable(
        f"The files shipped with the program are missing: {candidates[0]} does not exist.",
        "Install the program again.",
    )


def backbones_dir() -> Path:
    """The folder of the bundled models; it may not exist in a fresh checkout."""
    return resources_dir() / "backbones"
