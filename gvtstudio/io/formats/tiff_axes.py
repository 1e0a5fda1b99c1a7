"""How the axes of a TIFF series become T, Z, C, Y and X."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gvtstudio.domain.axes import Shape5, describe_shape
from gvtstudio.domain.errors import FileUnreadable

# Where axes without a name of ours go, in this order, innermost first: a plain multi-page TIFF is
# nearly always a focus series, and calling it time would send it to the wrong restoration.
_FREE_ORDER = "ZCT"
_OUR_AXES = "TZCYX"
_SAMPLES = "S"


class AxisPlan(NamedTuple):
    """Where every plane of the stack lies in the file.

    Args:
        shape: Sizes along T, Z, C, Y, X.
        sizes: Sizes of the file's axes.
        targets: For each file axis the axis of the stack it belongs to.
        page_axes: Number of trailing file axes stored inside one page.
        fixed: Positions along axes that are scenes; ``None`` for the others.
        warnings: What the user should know, the assumption among them.
        assumed: How axes without a name were read.
    """

    shape: Shape5
    sizes: tuple[int, ...]
    targets: str
    page_axes: int
    fixed: tuple[int | None, ...]
    warnings: tuple[str, ...]
    assumed: str

    @property
    def page_sizes(self) -> tuple[int, int, int, int]:
        """A page as (axes before Y, Y, X, axes after X)."""
        inner = self.sizes[len(self.sizes) - self.page_axes :]
        row = self.targets.index("Y") - (len(self.sizes) - self.page_axes)
        return math.prod(inner[:row]), inner[row], inner[row + 1], math.prod(inner[row + 2 :])

    def locate(self, t: int, z: int, c: int) -> tuple[int, int, int]:
        """Index of the page, and inside it before Y and after X, of one plane."""
        remaining = {"T": t, "Z": z, "C": c}
        position = [0] * len(self.sizes)
        for axis in reversed(range(len(self.sizes))):
            target = self.targets[axis]
            fixed = self.fixed[axis]
            if fixed is not None:
                position[axis] = fixed
            elif target in remaining:
                remaining[target], position[axis] = divmod(remaining[target], self.sizes[axis])
        split = len(self.sizes) - self.page_axes
        row = self.targets.index("Y")
        return (
            _flat_index(position[:split], self.sizes[:split]),
            _flat_index(position[split:row], self.sizes[split:row]),
            _flat_index(position[row + 2 :], self.sizes[row + 2 :]),
        )


def plan_axes(
    axes: str, sizes: Sequence[int], page_size: int, scene: Mapping[str, int]
) -> AxisPlan:
    """Decide which axis of the file is which of the stack.

    Args:
        axes: tifffile's letters of the whole series, axes of length one included.
        sizes: Length of each.
        page_size: Number of samples in one page.
        scene: Axes that are scenes, with the position that is wanted.

    Raises:
        FileUnreadable: More axes than a stack has, or no plane to show.
    """
    named, warnings = _with_rows(axes)
    fixed = [scene.get(letter) for letter in named]
    targets = ["" if letter in scene else _known_target(letter) for letter in named]
    assumed = _place_unknown(named, sizes, targets, fixed)
    warnings += assumed
    letters = "".join(target or "-" for target in targets)
    shape = _stack_shape(letters, sizes)
    return AxisPlan(
        shape, tuple(sizes), letters, _page_axes(sizes, letters, page_size), tuple(fixed),
        tuple(warnings), " ".join(assumed),
    )  # fmt: skip


def describe_assumption(letter: str, count: int, target: str) -> str:
    """The sentence that tells the user how an axis without a clear name was read."""
    words = {"Z": f"{count} slices", "C": f"{count} channels", "T": f"{count} time points"}
    kind = "does not name" if letter in "IQ" else "calls unusually"
    return (
        f"The file {kind} an axis of length {count}; it is read as {words[target]}. "
        "If it is something else, say so: --axes, or Axes and Voxel Size… in the window."
    )


def _with_rows(axes: str) -> tuple[str, list[str]]:
    """The axes with a Y just before X: a scan along X and Z or X and time has none."""
    if "YX" in axes:
        return axes, []
    column = axes.rfind("X")
    rows = [i for i in range(column) if axes[i] not in "CS"]
    if column < 1 or "Y" in axes or not rows or rows[-1] != column - 1:
        raise FileUnreadable("The file holds no images, only lines or points.", "Open an image.")
    row = rows[-1]
    warning = f"The file is a scan along X and {axes[row]}; it is shown as a plane."
    return axes[:row] + "Y" + axes[row + 1 :], [warning]


def _known_target(letter: str) -> str:
    if letter == _SAMPLES:
        return "C"
    return letter if letter in _OUR_AXES else ""


def _place_unknown(
    axes: str, sizes: Sequence[int], targets: list[str], fixed: list[int | None]
) -> list[str]:
    """Give every axis without a target one that is free; axes of length one go nowhere."""
    taken = {target for target, size in zip(targets, sizes, strict=True) if size > 1}
    warnings = []
    for axis in reversed(range(len(axes))):
        if targets[axis] or fixed[axis] is not None or sizes[axis] == 1:
            continue
        free = [letter for letter in _FREE_ORDER if letter not in taken]
        if not free:
            raise FileUnreadable(
                f"The file has {len(axes)} axes ({axes}); a stack has at most time, slices, "
                "channels, height and width.",
                "Save the parts of it as separate files, for example in Fiji.",
            )
        targets[axis] = free[0]
        taken.add(free[0])
        warnings.append(describe_assumption(axes[axis], sizes[axis], free[0]))
    return warnings


def _stack_shape(letters: str, sizes: Sequence[int]) -> Shape5:
    lengths = dict.fromkeys(_OUR_AXES, 1)
    for letter, size in zip(letters, sizes, strict=True):
        if letter in lengths:
            lengths[letter] *= size
    return (lengths["T"], lengths["Z"], lengths["C"], lengths["Y"], lengths["X"])


def _page_axes(sizes: Sequence[int], letters: str, page_size: int) -> int:
    """How many trailing axes make up one page."""
    for count in range(len(sizes) - letters.index("Y"), len(sizes) + 1):
        if math.prod(sizes[len(sizes) - count :]) == page_size:
            return count
    raise FileUnreadable(
        f"The file contradicts itself: {describe_shape(_stack_shape(letters, sizes))} do not fit "
        "its pages.",
        "Open it in the program that wrote it and save it again.",
    )


def _flat_index(position: Sequence[int], sizes: Sequence[int]) -> int:
    index = 0
    for place, size in zip(position, sizes, strict=True):
        index = index * size + place
    return index
