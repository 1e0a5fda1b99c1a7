"""How the two stacks of a pair lie to one another, and what of them can be learned from."""

import math
from collections.abc import Mapping

import numpy as np

from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.registration import Registration, register_volumes, unmoved
from gvtstudio.imaging.suitability import judge_volume, refuse_unsuitable
from gvtstudio.imaging.warping import Spans2, common_rectangle

SMALLEST_AREA = 32
SAME_SCALE = 0.02
"""Magnifications that differ by no more than this part are the same."""
WHOLE = 0.005
"""A magnification this close to a whole number, as a part of it, is meant to be that."""


def refuse_unfit(name: str, low: StackInfo, high: StackInfo) -> None:
    """What can be told of a pair without looking at a voxel.

    Raises:
        StackUnsuitable: The two are not one specimen at two magnifications.
    """
    for info in (low, high):
        refuse_unsuitable(info)
    sizes = [info.shape[:3] for info in (low, high)]
    if sizes[0] != sizes[1]:
        raise StackUnsuitable(
            f"{name} has different sizes in the two folders: {sizes[0]} and {sizes[1]} along T, Z, "
            "C. Only pixels along Y and X may be finer.",
            "Give both the same time points, planes and channels.",
        )


def expected_magnification(values: Mapping[str, Value], low: StackInfo, high: StackInfo) -> float:
    """Pixels of the high magnification for one of the low one; 0 where it has to be found.

    Args:
        values: Of the training.
        low: Of the stack of low magnification.
        high: Of the other.

    Raises:
        StackUnsuitable: The pixels of the first are the finer ones.
    """
    given = float(values["magnification"])
    if given:
        return given
    pixel, fine = low.calibration.y_um, high.calibration.y_um
    if not pixel or not fine:
        return 0.0
    magnification = pixel / fine
    if magnification < 1 - SAME_SCALE:
        raise StackUnsuitable(
            f"By its voxel size the image of low magnification, {low.name}, has the finer pixels: "
            f"{pixel:.3g} µm against {fine:.3g} µm.",
            "Swap the two: low magnification first; or correct the voxel sizes.",
        )
    return magnification


def registration_of(
    low: np.ndarray, high: np.ndarray, name: str, values: Mapping[str, Value], expected: float
) -> Registration:
    """How two volumes lie to one another: all of their planes alike.

    Args:
        low: (Z, Y, X) of low magnification.
        high: (Z, Y, X) of high magnification.
        name: Of both, for the sentences.
        values: Of the training.
        expected: Magnification, 0 where it has to be found.

    Raises:
        StackUnsuitable: They cannot be used; the sentence says why.
    """
    for volume, role in ((low, "input"), (high, "target")):
        if judge_volume(volume, name).is_constant:
            raise StackUnsuitable(
                f"The {role} {name} has the same value everywhere.", "Remove this pair."
            )
    if values["registration"] == "none":
        return _taken(low, high, name, expected)
    return register_volumes(low, high, name, expected)


def _taken(low: np.ndarray, high: np.ndarray, name: str, expected: float) -> Registration:
    """That of stacks that the user says show the same field."""
    (y, x), (height, width) = low.shape[1:], high.shape[1:]
    found = unmoved((y, x), (height, width), name)
    if expected and abs(found.magnification / expected - 1) > SAME_SCALE:
        raise StackUnsuitable(
            f"{name} has {y} × {x} and {height} × {width} pixels, {found.magnification:.3g} times "
            f"as many along each axis, but {expected:.3g} times was expected.",
            "Choose --registration auto, or give --magnification.",
        )
    return found


def area_to_learn(registration: Registration, name: str) -> Spans2:
    """The largest rectangle of the fixed image that the moving one shows too.

    Raises:
        StackUnsuitable: It is too small.
    """
    area = common_rectangle(registration.array, registration.moving, registration.fixed)
    if min(stop - first for first, stop in area) < SMALLEST_AREA:
        raise StackUnsuitable(
            f"The two images of {name} have too little of the field in common to learn from.",
            "Take pairs that overlap more.",
        )
    return area


def common_magnification(found: Mapping[str, float]) -> float:
    """The one magnification of all pairs.

    Args:
        found: Name of the pair → what was found there.

    Raises:
        StackUnsuitable: They have several.
    """
    typical = float(np.median(list(found.values())))
    name, other = max(found.items(), key=lambda row: abs(math.log(row[1] / typical)))
    if abs(other / typical - 1) > SAME_SCALE:
        raise StackUnsuitable(
            f"{name} is magnified {other:.3g} times, but most pairs are {typical:.3g} times.",
            "Train a model for each magnification.",
        )
    whole = max(1, round(typical))
    return float(whole) if abs(typical / whole - 1) <= WHOLE else float(f"{typical:.4g}")
