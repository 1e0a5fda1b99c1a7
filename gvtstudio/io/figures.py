"""Files that a figure is written to; the ending decides which.

To add a format, add a line to ``FIGURE_KINDS`` and what makes it to ``_MAKERS``.
"""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gvtstudio import __version__
from gvtstudio.domain.errors import OutputUnwritable, UsageError
from gvtstudio.domain.figure import FIGURE_KINDS
from gvtstudio.imaging.panel.drawing import PIXELS_PER_INCH
from gvtstudio.imaging.panel.render import PaintedPanel, page_of, pixels_of
from gvtstudio.io.atomic import refuse_existing, refuse_unwritable, write_bytes

_PROGRAM = f"GVT Studio {__version__}"


def _png(panel: PaintedPanel) -> bytes:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("Software", _PROGRAM)
    words.add_itxt("Description", _description(panel))
    buffer = io.BytesIO()
    density = PIXELS_PER_INCH * panel.style.scale
    Image.fromarray(_without_needless_alpha(panel)).save(
        buffer, "png", dpi=(density, density), pnginfo=words
    )
    return buffer.getvalue()


def _tiff(panel: PaintedPanel) -> bytes:
    import tifffile

    pixels = _without_needless_alpha(panel)
    density = PIXELS_PER_INCH * panel.style.scale
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        pixels,
        photometric="rgb",
        extrasamples=["unassalpha"] if pixels.shape[2] == 4 else None,
        compression="adobe_deflate",
        resolution=(density, density),
        resolutionunit="inch",
        description=_description(panel).encode(),
        software=_PROGRAM,
        metadata=None,
    )
    return buffer.getvalue()


_MAKERS: dict[str, Callable[[PaintedPanel], bytes]] = {
    "PNG": _png,
    "TIFF": _tiff,
    "SVG": lambda panel: page_of(panel, "svg"),
    "PDF": lambda panel: page_of(panel, "pdf"),
}


def figure_kind(path: Path) -> str:
    """What the ending of a file asks for: a value of ``FIGURE_KINDS``.

    Raises:
        UsageError: No such ending.
    """
    kind = FIGURE_KINDS.get(path.suffix.lower())
    if kind is None:
        *others, last = FIGURE_KINDS
        raise UsageError(
            f"{path.name} does not say what kind of picture it is to be.",
            f"Let the name end in {', '.join(others)} or {last}.",
        )
    return kind


def refuse_target(path: Path, stacks: tuple[Path, ...], *, overwrite: bool) -> None:
    """Say before anything is read that a figure cannot be written there.

    Args:
        path: The figure.
        stacks: Files that are drawn, which are never replaced.
        overwrite: Whether an existing file may be replaced.

    Raises:
        UsageError: The ending is unknown.
        OutputUnwritable: It exists, is one of the stacks, or cannot be written.
    """
    figure_kind(path)
    if path in stacks:
        raise OutputUnwritable(f"{path.name} is one of the stacks.", "Choose another name.")
    if not overwrite:
        refuse_existing(path)
    refuse_unwritable(path)


def write_figure(panel: PaintedPanel, path: Path, *, overwrite: bool) -> None:
    """Write a picture whole or not at all.

    Raises:
        UsageError: The ending is unknown.
        OutputUnwritable: It exists and may not be replaced, or the place cannot be written.
    """
    write_bytes(path, _MAKERS[figure_kind(path)](panel), overwrite=overwrite)


def _without_needless_alpha(panel: PaintedPanel) -> np.ndarray:
    """The pixels; where the page does not show through, journals want no alpha."""
    pixels = pixels_of(panel)
    return pixels if panel.style.background == "transparent" else pixels[..., :3].copy()


def _description(panel: PaintedPanel) -> str:
    """The caption, in words that any file can hold."""
    return "\n".join(panel.style.caption).encode("utf-8", "replace").decode()
