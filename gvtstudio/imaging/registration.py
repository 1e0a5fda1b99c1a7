"""Where an image of low magnification lies in one of high magnification, judged and said in words.

Features give the homography (``feature_matching``), intensities make it exact (``refinement``). The
images as they are, as if they showed the same field, are always tried beside the features: where
they fit better, or as well, they are believed, because an image that is not moved is not blurred.
"""

import math

import numpy as np
from msgspec import Struct

from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.imaging.feature_matching import Matching, match_features
from gvtstudio.imaging.refinement import Refinement
from gvtstudio.imaging.warping import geometry_of, scaling_between

ELSEWHERE = "Or register them elsewhere and choose --registration none."
GUESSES = (1.0, 2.0, 4.0)
"""Magnifications that are tried where nothing is known; features allow for a factor of two."""
FEWEST_INLIERS, FEWEST_OF_FEW = 12, 8
"""Fewer will do where they are at least half of all; of images of other places about 8 agree."""
SURE_INLIERS = 60
LEAST_CORRELATION = 0.3
LARGEST_RESIDUAL = 1.5
"""In pixels of the coarser image."""
LEAST_COMMON = 0.1
LARGEST_STRETCH, LARGEST_PERSPECTIVE = 1.15, 1.15
LARGEST_DEPARTURE = 0.15
"""Of the magnification from the one that was expected, as a part of it."""
SAME_FIELD = 0.02
"""By how much sides may differ in two images of one field, as a part of them."""


class Registration(Struct, frozen=True):
    """How two images lie to one another.

    Args:
        matrix: Rows of the homography, x, y, 1 of the fixed image → x, y of the moving one.
        moving: (Y, X) of the moving image.
        fixed: (Y, X) of the fixed image.
        matches: Pairs of features that were most alike.
        inliers: Those that agreed; few where intensities had to suffice.
        is_same_field: Whether both show the same field, so that nothing has to be moved.
        residual_pixels: How far they still lie apart, in pixels of the fixed image: the median over
            tiles; NaN where it cannot be told.
        correlation_before: Of both as if they showed the same field.
        correlation_after: Of both where both show something.
        common: Part of the fixed image that the moving one shows too.
    """

    matrix: tuple[tuple[float, float, float], ...]
    moving: tuple[int, int]
    fixed: tuple[int, int]
    matches: int
    inliers: int
    is_same_field: bool
    residual_pixels: float
    correlation_before: float
    correlation_after: float
    common: float

    @property
    def array(self) -> np.ndarray:
        """The homography as an array (3, 3)."""
        return np.array(self.matrix)

    @property
    def magnification(self) -> float:
        """Pixels of the fixed image for one of the moving one."""
        return geometry_of(self.array, self.fixed).magnification

    @property
    def rotation_degrees(self) -> float:
        """By which the moving image is turned, from X to Y."""
        return geometry_of(self.array, self.fixed).rotation_degrees

    @property
    def shift(self) -> tuple[float, float]:
        """How far the middles of both images lie apart, in pixels of the moving one, (Y, X)."""
        (x, y), (height, width) = ((n - 1) / 2 for n in self.fixed[::-1]), self.moving
        across, down, depth = self.array @ np.array([x, y, 1.0])
        return float(down / depth - (height - 1) / 2), float(across / depth - (width - 1) / 2)

    def numbers(self) -> dict[str, float]:
        """Everything that can be told in numbers, by name."""
        down, across = self.shift
        numbers = {
            "magnification": self.magnification,
            "rotation_degrees": self.rotation_degrees,
            "shift_y_pixels": down,
            "shift_x_pixels": across,
            "matches": float(self.matches),
            "inliers": float(self.inliers),
            "residual_pixels": self.residual_pixels,
            "correlation_before": self.correlation_before,
            "correlation_after": self.correlation_after,
            "common_share": self.common,
        }
        return {name: value for name, value in numbers.items() if math.isfinite(value)}

    def sentence(self) -> str:
        """The verdict for the user."""
        left = (
            f"{self.residual_pixels:.2f} pixels of the finer image left"
            if math.isfinite(self.residual_pixels)
            else "too small to measure what is left"
        )
        finer = f"magnification {self.magnification:.4g}"
        if math.isnan(self.correlation_after):
            return f"taken for the same field, {finer}"
        if self.is_same_field:
            return (
                f"same field, not moved, {finer}; correlation {self.correlation_after:.2f}, {left}"
            )
        means = (
            f"{self.inliers} of {self.matches} features"
            if _is_enough(self.inliers, self.matches)
            else "intensities alone"
        )
        down, across = (f"{round(n, 1) + 0.0:g}" for n in self.shift)
        angle = f"{round(self.rotation_degrees, 2) + 0.0:g}°"
        return (
            f"registered by {means}: {finer}, turned by {angle}, "
            f"{down} pixels down and {across} to the right, {100 * self.common:.0f} % in common; "
            f"correlation {self.correlation_before:.2f} before and {self.correlation_after:.2f} "
            f"after, {left}"
        )


def same_field(moving: tuple[int, ...], fixed: tuple[int, ...]) -> bool:
    """Whether images (Y, X) of these sizes may show the same field, pixels being square."""
    y, x = (large / small for small, large in zip(moving, fixed, strict=True))
    return abs(y - x) <= SAME_FIELD * max(x, y)


def unmoved(moving: tuple[int, int], fixed: tuple[int, int], name: str) -> Registration:
    """That of images (Y, X) that are known to show the same field; nothing is measured.

    Raises:
        StackUnsuitable: Their sizes speak against it.
    """
    if not same_field(moving, fixed):
        raise StackUnsuitable(
            f"The two images of {name} have {moving} and {fixed} pixels along Y and X, which is "
            "not one field in two magnifications.",
            "Choose --registration auto, or crop them to the same field.",
        )
    matrix = scaling_between(moving, fixed)
    _refuse_magnification(1 / math.sqrt(matrix[0, 0] * matrix[1, 1]), name, 0.0)
    return Registration(
        matrix=_rows(matrix),
        moving=moving,
        fixed=fixed,
        matches=0,
        inliers=0,
        is_same_field=True,
        residual_pixels=math.nan,
        correlation_before=math.nan,
        correlation_after=math.nan,
        common=1.0,
    )


def register(
    moving: np.ndarray, fixed: np.ndarray, name: str, magnification: float = 0.0
) -> Registration:
    """Find an image of low magnification in one of high magnification of the same place.

    Args:
        moving: (Y, X), low magnification.
        fixed: (Y, X), high magnification; the two may show more or less of the field, turned and
            shifted.
        name: Of both, for the sentences.
        magnification: Pixels of ``fixed`` for one of ``moving``, where it is known; 0 finds it.

    Raises:
        StackUnsuitable: They could not be registered; the sentence says why.
    """
    _refuse_flat(moving, fixed, name)
    matching, expected = _best_matching(moving, fixed, magnification)
    plain = _plain(moving.shape, fixed.shape, magnification)
    starts = [] if plain is None else [plain]
    if matching.matrix is not None and _is_enough(matching.inliers, matching.matches):
        starts.append(matching.matrix)
    if not starts:
        raise _too_few_features(matching, name)
    refinement = Refinement(moving, fixed, expected)
    best = max((refinement.improved(matrix) for matrix in starts), key=refinement.correlation)
    sizes = moving.shape, fixed.shape
    is_plain = plain is not None and not refinement.is_better(best, plain)
    matrix = plain if is_plain and plain is not None else best
    before = scaling_between(*sizes) if plain is None else plain
    found = Registration(
        matrix=_rows(matrix),
        moving=(moving.shape[0], moving.shape[1]),
        fixed=(fixed.shape[0], fixed.shape[1]),
        matches=matching.matches,
        inliers=matching.inliers,
        is_same_field=is_plain,
        residual_pixels=refinement.residual(matrix),
        correlation_before=refinement.correlation(before),
        correlation_after=refinement.correlation(matrix),
        common=refinement.common(matrix),
    )
    _refuse_unsure(found, matching, name, magnification)
    return found


def _rows(matrix: np.ndarray) -> tuple[tuple[float, float, float], ...]:
    return tuple((a, b, c) for a, b, c in matrix.tolist())


def _is_enough(inliers: int, matches: int) -> bool:
    return inliers >= FEWEST_INLIERS or (inliers >= FEWEST_OF_FEW and 2 * inliers >= matches)


def register_volumes(
    moving: np.ndarray, fixed: np.ndarray, name: str, magnification: float = 0.0
) -> Registration:
    """The same for volumes (Z, Y, X), all planes of which lie to one another alike.

    Raises:
        StackUnsuitable: They could not be registered; the sentence says why.
    """
    brightest = (moving.max(0), fixed.max(0))
    if len(moving) == 1:
        return register(*brightest, name, magnification)
    try:
        return register(*brightest, name, magnification)
    except StackUnsuitable:
        # in stained sections what is to be seen is dark
        middle = len(moving) // 2
        return register(moving[middle], fixed[middle], name, magnification)


def _refuse_flat(moving: np.ndarray, fixed: np.ndarray, name: str) -> None:
    for image, role in ((moving, "low"), (fixed, "high")):
        if image.min() == image.max():
            raise StackUnsuitable(
                f"The image of {role} magnification of {name} has the same value everywhere.",
                "Remove this pair.",
            )


def _best_matching(
    moving: np.ndarray, fixed: np.ndarray, magnification: float
) -> tuple[Matching, float]:
    """What the features say at the best of the guesses, and the magnification there."""
    ratio = math.sqrt(fixed.size / moving.size)
    guesses = [magnification] if magnification else list(dict.fromkeys((ratio, *GUESSES)))
    best, expected = match_features(moving, fixed, guesses[0]), guesses[0]
    for guess in guesses[1:]:
        if best.inliers >= SURE_INLIERS:
            break
        found = match_features(moving, fixed, guess)
        if found.inliers > best.inliers:
            best, expected = found, guess
    if best.matrix is not None and _is_enough(best.inliers, best.matches):
        measured = geometry_of(best.matrix, fixed.shape).magnification
        expected = measured if 0.1 < measured < 30 else expected
    return best, magnification or expected


def _plain(
    moving: tuple[int, ...], fixed: tuple[int, ...], magnification: float
) -> np.ndarray | None:
    """The homography of two images of one field; ``None`` where their sizes speak against it."""
    if not same_field(moving, fixed):
        return None
    ratio = math.sqrt(math.prod(fixed) / math.prod(moving))
    if magnification and abs(ratio / magnification - 1) > SAME_FIELD:
        return None
    return scaling_between(moving, fixed)


def _too_few_features(matching: Matching, name: str) -> StackUnsuitable:
    return StackUnsuitable(
        f"{name} cannot be registered: of {matching.matches} matched features only "
        f"{matching.inliers} agree on how the two images lie to one another.",
        f"See whether both show the same place, with enough structure. {ELSEWHERE}",
    )


def _refuse_unsure(
    found: Registration, matching: Matching, name: str, magnification: float
) -> None:
    """Refuse images of other places, and what no stage and no lens does to an image.

    Raises:
        StackUnsuitable: The sentence names what is wrong.
    """
    geometry = geometry_of(found.array, found.fixed)
    is_bent = geometry.stretch > LARGEST_STRETCH or geometry.perspective > LARGEST_PERSPECTIVE
    is_impossible = is_bent or geometry.is_mirrored
    is_unlike = found.correlation_after < LEAST_CORRELATION
    if (is_unlike or is_impossible) and not _is_enough(matching.inliers, matching.matches):
        raise _too_few_features(matching, name)
    if is_unlike:
        raise StackUnsuitable(
            f"{name} cannot be registered: where the two images should show the same they "
            f"correlate by {found.correlation_after:.2f} only.",
            "See whether both show the same place with the same contrast: what is bright in one "
            "must be bright in the other.",
        )
    if is_impossible:
        raise StackUnsuitable(
            f"{name} cannot be registered: to fit, one image had to be stretched, tilted or "
            "mirrored more than any stage does.",
            f"See whether both show the same place. {ELSEWHERE}",
        )
    _refuse_magnification(geometry.magnification, name, magnification)
    if found.common < LEAST_COMMON:
        raise StackUnsuitable(
            f"The two images of {name} have only {100 * found.common:.0f} % of the field in "
            "common.",
            "Take pairs that overlap more.",
        )
    if found.residual_pixels > LARGEST_RESIDUAL * max(1.0, geometry.magnification):
        raise StackUnsuitable(
            f"After registration the two images of {name} still lie {found.residual_pixels:.1f} "
            "pixels apart.",
            f"The specimen may have changed in between: take smaller fields. {ELSEWHERE}",
        )


def _refuse_magnification(found: float, name: str, expected: float) -> None:
    if found < 1 - SAME_FIELD:
        raise StackUnsuitable(
            f"The first image of {name} is {1 / found:.2g} times finer than the second, which "
            "should be the finer one.",
            "Swap the two: low magnification first, high magnification second.",
        )
    if expected and abs(found / expected - 1) > LARGEST_DEPARTURE:
        raise StackUnsuitable(
            f"By its content {name} is magnified {found:.3g} times, but {expected:.3g} times was "
            "expected.",
            "Correct the voxel sizes in the files, or give --magnification.",
        )
