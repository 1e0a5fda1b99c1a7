"""Every kind of movie the program can write.

To add one: a file here with a writer that is open within a ``with``, takes frame after frame and
keeps none, and a row in ``MOVIE_FORMATS``; ``tests/io/movies`` then writes it and reads it back.
"""

from pathlib import Path
from typing import NamedTuple, Protocol, Self

import numpy as np

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.specs import load_callable
from gvtstudio.io.movies.plan import DrawFrame, MoviePlan


class MovieWriter(Protocol):
    """Writes a movie; leaving the ``with`` ends the file."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *raised: object) -> None: ...

    def add(self, frame: np.ndarray) -> None:
        """Write the next frame, (height, width, 3) uint8."""
        ...


class MovieFormat(NamedTuple):
    """A row of ``MOVIE_FORMATS``.

    Args:
        title: Words for the user.
        open: ``"module:callable"``: path, plan and ``DrawFrame`` give a ``MovieWriter``.
        fastest: Frames a second that players can show.
        bytes_per_pixel: What a pixel of a noisy frame takes, for asking the disk for room.
    """

    title: str
    open: str
    fastest: float
    bytes_per_pixel: float


MOVIE_FORMATS: dict[str, MovieFormat] = {
    ".mp4": MovieFormat(
        "MP4 (H.264): for slides, browsers and players",
        "gvtstudio.io.movies.mp4:open_mp4",
        60.0,
        0.3,
    ),
    ".gif": MovieFormat(
        "GIF: moves everywhere, at most 256 colours",
        "gvtstudio.io.movies.gif:open_gif",
        50.0,
        0.6,
    ),
    ".png": MovieFormat(
        "Animated PNG: every pixel exact, for browsers",
        "gvtstudio.io.movies.animated_png:open_png",
        60.0,
        1.0,
    ),
}


def movie_format(path: Path) -> MovieFormat:
    """What the ending of a name asks for.

    Raises:
        UsageError: Nothing that can be written.
    """
    ending = path.suffix.lower()
    if ending not in MOVIE_FORMATS:
        *others, last = MOVIE_FORMATS
        raise UsageError(
            f"{path.name} does not say what kind of movie it is.",
            f"Let the name end in {', '.join(others)} or {last}.",
        )
    return MOVIE_FORMATS[ending]


def open_movie(kind: MovieFormat, path: Path, plan: MoviePlan, draw: DrawFrame) -> MovieWriter:
    """Begin a movie.

    Args:
        kind: What to write.
        path: Where; what is there is written over.
        plan: Size, number and speed of the frames.
        draw: For formats that must know some frames before the first is written.
    """
    writer: MovieWriter = load_callable(kind.open)(path, plan, draw)
    return writer
