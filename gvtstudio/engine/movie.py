"""Write a movie of a way through the planes or the time points of stacks."""

import shutil
from contextlib import ExitStack, closing
from pathlib import Path

from gvtstudio.domain.errors import OutputUnwritable, ResourcesMissing, UsageError
from gvtstudio.domain.figure import FigureColumn
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.movie import MovieRequest, refuse_unknown_movie
from gvtstudio.domain.stack import Stack
from gvtstudio.engine.movie_frames import MovieFrames
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.luts import lookup_table
from gvtstudio.io.atomic import atomic_file, refuse_existing, refuse_unwritable
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.movies import MovieFormat, movie_format, open_movie
from gvtstudio.io.movies.plan import MoviePlan
from gvtstudio.io.stacks import open_stack

MOST_FRAMES = 10_000
MOST_PIXELS = 9_000_000
"""Of a frame: what players of H.264 must be able to show (level 5.2)."""
_MB = 1e6


def run(request: MovieRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Draw frame after frame; no more than a few planes and two frames are held.

    Raises:
        UsageError: Something that cannot be asked for.
        InputRefused: A stack cannot be read, or has nothing to go through.
        OutputUnwritable: The file exists, is one of the stacks, or cannot be written.
        Cancelled: The user stopped; nothing is left.
    """
    out = Path(request.out)
    kind = movie_format(out)
    refuse_unknown_movie(request, kind.fastest)
    for column in request.figure.columns:
        lookup_table(column.lut)
    _refuse_target(request, out)
    with ExitStack() as stacks:
        opened = [
            stacks.enter_context(closing(_opened(column))) for column in request.figure.columns
        ]
        frames = MovieFrames(
            request,
            opened,
            lambda done, total: reporter.progress("Looking at intensities", done, total, "planes"),
        )
        plan = _plan(frames, request.fps)
        _refuse_full_disk(out, plan, kind)
        with atomic_file(out, overwrite=request.overwrite) as temporary:
            with open_movie(kind, temporary, plan, frames.draw) as movie:
                for number in range(plan.frames):
                    reporter.progress("Drawing", number, plan.frames, "frames")
                    movie.add(frames.draw(number))
            reporter.progress("Drawing", plan.frames, plan.frames, "frames")
    return _finished(out, plan)


def _opened(column: FigureColumn) -> Stack:
    return open_stack(Path(column.path), column.scene, column.voxel_size, column.axes)


def _finished(out: Path, plan: MoviePlan) -> Finished:
    size = out.stat().st_size
    verdict = (
        f"{plan.frames} frames of {plan.width} × {plan.height} pixels, {plan.fps:g} a second, "
        f"{size / _MB:.3g} MB."
    )
    numbers = {"frames": float(plan.frames), "bytes": float(size)}
    numbers |= {"width": float(plan.width), "height": float(plan.height)}
    return Finished((str(out),), numbers=numbers, verdict=verdict)


def _plan(frames: MovieFrames, fps: float) -> MoviePlan:
    """Size and number of the frames.

    Raises:
        UsageError: More than a movie can hold.
    """
    if frames.count > MOST_FRAMES:
        raise UsageError(
            f"{frames.count:,} frames are more than the {MOST_FRAMES:,} that a movie may have.",
            "Choose a shorter range.",
        )
    height, width = frames.draw(0).shape[:2]
    if height * width > MOST_PIXELS:
        raise UsageError(
            f"Frames of {width} × {height} pixels are larger than players can show "
            f"({MOST_PIXELS / _MB:g} million pixels).",
            "Choose a part of the image, a smaller zoom or scale, or XY alone.",
        )
    return MoviePlan(height, width, frames.count, fps)


def _refuse_target(request: MovieRequest, out: Path) -> None:
    if any(out == Path(column.path) for column in request.figure.columns):
        raise OutputUnwritable(f"{out.name} is one of the stacks.", "Choose another name.")
    if not request.overwrite:
        refuse_existing(out)
    refuse_unwritable(out)


def _refuse_full_disk(out: Path, plan: MoviePlan, kind: MovieFormat) -> None:
    """Better now than after all frames but the last."""
    needed = plan.frames * plan.width * plan.height * kind.bytes_per_pixel
    nearest = next(parent for parent in out.absolute().parents if parent.exists())
    free = shutil.disk_usage(nearest).free
    if needed > free:
        raise ResourcesMissing(
            f"The movie may take {needed / _MB:,.0f} MB, and {free / _MB:,.0f} MB are free in "
            f"{nearest}.",
            "Free some space, choose another folder, or a shorter or smaller movie.",
        )
