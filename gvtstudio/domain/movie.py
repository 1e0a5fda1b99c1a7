"""What a movie of a way through stacks is to show."""

from typing import Literal

import msgspec

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.figure import FigureRequest, refuse_unknown_choices

SweptAxis = Literal["z", "t"]
SWEPT_AXES: tuple[SweptAxis, ...] = ("z", "t")
SLOWEST_FPS, FASTEST_FPS = 0.1, 60.0


class MovieRequest(msgspec.Struct, frozen=True, tag="movie", kw_only=True):
    """Write a movie of a way through the planes or the time points of stacks side by side.

    Args:
        figure: How a frame looks, with the position and the limits of which the movie changes one;
            its ``out`` means nothing. Limits that are found are those of all frames together.
        axis: Along what the movie goes.
        first: Its first plane or time point of the first stack, counted from 1.
        last: Its last one; 0 for the last there is.
        fps: Frames a second.
        forth_and_back: Go back again, without showing the two ends twice.
        has_text: Whether each frame says which plane or time it shows.
        out: File to make; its ending, a key of ``MOVIE_FORMATS``, says what.
        overwrite: Replace an existing file.
    """

    figure: FigureRequest
    axis: SweptAxis = "z"
    first: int = 1
    last: int = 0
    fps: float = 10.0
    forth_and_back: bool = False
    has_text: bool = True
    out: str
    overwrite: bool = False


def refuse_unknown_movie(request: MovieRequest, fastest_fps: float) -> None:
    """Check what can be checked without opening a file.

    Args:
        request: What is asked.
        fastest_fps: Frames a second that the kind of file can hold.

    Raises:
        UsageError: There is no such axis, speed, scale, zoom or background, or nothing to draw.
    """
    refuse_unknown_choices(request.figure)
    if request.figure.background == "transparent":
        raise UsageError("A movie has no transparent background.", "Choose dark or white.")
    if request.axis not in SWEPT_AXES:
        raise UsageError(f'A movie cannot go along "{request.axis}".', "Choose z or t.")
    if not SLOWEST_FPS <= request.fps <= fastest_fps:
        raise UsageError(
            f"{request.fps:g} frames a second cannot be shown.",
            f"Give from {SLOWEST_FPS:g} to {fastest_fps:g}.",
        )
