"""What a figure shows, in words: files and models, place, limits and colours."""

from collections.abc import Sequence

from gvtstudio.domain.figure import FigureRequest
from gvtstudio.domain.provenance import Provenance
from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.luts import LUTS, Colouring
from gvtstudio.imaging.panel.comparison import Comparison, describe_lengths
from gvtstudio.imaging.panel.geometry import ViewerVolume
from gvtstudio.imaging.panel.panel import colouring_of

_HILO = " (at the lower limit and below blue, at the upper limit and above red)"


def caption_lines(
    request: FigureRequest,
    comparison: Comparison,
    limits: Sequence[Limits],
    provenances: Sequence[Provenance | None],
) -> tuple[str, ...]:
    """One line for each fact.

    Args:
        request: What was asked.
        comparison: The stacks and the position in them.
        limits: Of each column.
        provenances: What made each file, where that is known.
    """
    volumes = comparison.volumes
    lines = [_made(*pair) for pair in zip(volumes, provenances, strict=True)]
    lines.append(_place(comparison))
    lines += _part(request, volumes[0])
    lines += _beside(comparison)
    lines += _doubts(volumes[0], is_flat=request.only_xy)
    colourings = [colouring_of(column) for column in request.columns]
    titles = [volume.title for volume in volumes]
    lines.append(f"Intensities shown: {_intensities(titles, limits, colourings)}")
    lines.append(f"Colours: {_told(titles, [_colours(each) for each in colourings])}")
    return tuple(lines)


def _made(volume: ViewerVolume, provenance: Provenance | None) -> str:
    """File, voxel size and origin of a column."""
    info = volume.info
    name = info.name
    if len(info.scene_names) > 1:
        name += f", scene {info.scene + 1}"
    words = [name if volume.title == info.name else f"{volume.title}: {name}"]
    if info.calibration.is_calibrated:
        words.append(f"voxels {info.calibration.describe()}")
    if provenance is not None and provenance.model:
        task = f" ({provenance.task.replace('_', ' ')})" if provenance.task else ""
        words.append(f"restored with {provenance.model}{task}")
    elif provenance is not None and provenance.task == "simulate":
        words.append("simulated")
    return ", ".join(words)


def _place(comparison: Comparison) -> str:
    """Where the planes cross, counted from 1; channel and time point where there are several."""
    at, info = comparison.position, comparison.volumes[0].info
    times, depth, count, _, _ = info.shape
    words = f"Planes at x {at.x + 1}, y {at.y + 1}, z {at.z + 1} of {depth}"
    lengths = describe_lengths(info.calibration, at)
    words += f" ({lengths})" if lengths else ""
    if count > 1:
        name = info.channels[at.c].name if at.c < len(info.channels) else ""
        words += f", channel {at.c + 1} of {count}" + (f" ({name})" if name else "")
    if times > 1:
        interval_s = info.calibration.time_interval_s
        seconds = f" ({at.t * interval_s:.4g} s)" if interval_s else ""
        words += f", time point {at.t + 1} of {times}{seconds}"
    return words


def _beside(comparison: Comparison) -> list[str]:
    """Why a column is empty or has planes missing."""
    return [
        f"{volume.title} does not reach to where the planes cross"
        for index, volume in enumerate(comparison.volumes)
        if comparison.voxel_in(index) is None
    ]


def _part(request: FigureRequest, first: ViewerVolume) -> list[str]:
    """Which voxels are seen, where that is not all."""
    _, z, _, y, x = first.info.shape
    if request.part is None:
        return []
    named = zip("xyz", reversed(request.part), (x, y, z), strict=True)
    words = [
        f"{axis} {max(0, start) + 1}–{min(stop, count)} of {count}"
        for axis, (start, stop), count in named
        if start > 0 or stop < count
    ]
    return [f"Part shown: {', '.join(words)}"] if words else []


def _doubts(first: ViewerVolume, *, is_flat: bool) -> list[str]:
    """What the proportions of the picture rest on."""
    calibration, has_depth = first.info.calibration, first.info.shape[1] > 1 and not is_flat
    if not calibration.is_calibrated:
        drawn = "; XZ and YZ are drawn as if voxels were cubes" if has_depth else ""
        return [f"Voxel size unknown: no scale bar{drawn}"]
    if calibration.z_um is None and has_depth:
        return ["Distance of slices unknown: XZ and YZ are drawn as if voxels were cubes"]
    return []


def _intensities(
    titles: Sequence[str], limits: Sequence[Limits], colourings: Sequence[Colouring]
) -> str:
    """What lies between the first and the last colour, and in what steps."""
    shown = [
        "a colour for each value" if colouring.is_by_value else f"{each.low:.5g}–{each.high:.5g}"
        for each, colouring in zip(limits, colourings, strict=True)
    ]
    if all(colouring.is_by_value for colouring in colourings):
        return _told(titles, shown)
    if all(colouring.is_linear for colouring in colourings):
        return f"{_told(titles, shown)}, linear (no gamma)"
    flags = [colouring.flag or "linear" for colouring in colourings]
    return f"{_told(titles, shown)}, not linear: {_told(titles, flags)}"


def _colours(colouring: Colouring) -> str:
    words = LUTS[colouring.lut].title
    if colouring.is_inverted and not colouring.is_by_value:
        return f"{words} inverted"
    return words + (_HILO if colouring.lut == "hilo" else "")


def _told(titles: Sequence[str], words: Sequence[str]) -> str:
    """What holds for all once, otherwise with the title of each."""
    if len(set(words)) == 1:
        return words[0]
    return ", ".join(f"{title} {word}" for title, word in zip(titles, words, strict=True))
