"""How good a restoration along Z is: widths of spots, spectra, and the truth where it is known."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from gvtstudio.domain.model_card import Score
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.imaging.deconvolution import (
    deconvolved,
    excess_blur,
    gaussian_psf,
    measured_blur,
)
from gvtstudio.imaging.isotropy import SMALLEST, anisotropy_db
from gvtstudio.imaging.metrics import measure_agreement, pearson
from gvtstudio.imaging.spots import measure_spots
from gvtstudio.tasks.isotropic.stacks import IsotropicField
from gvtstudio.training.validation import middle_of

LARGEST_SCORED = (96, 128, 128)
"""In isotropic voxels: the middle, because all measures hold several copies of it."""
ITERATIONS = (5, 10, 20, 40)
USUAL_ITERATIONS = 10
AGREEMENT = ("psnr_db", "ssim")
TOLD = {
    "axial_fwhm_um": ("Depth of spots:", "µm"),
    "lateral_fwhm_um": ("Width of spots:", "µm"),
    "mismatch_db": ("Difference of axial and lateral spectra:", "dB"),
}

Predict = Callable[[np.ndarray], np.ndarray]
"""A normalised isotropic volume → the network's answer."""


class Named(NamedTuple):
    """A volume on the isotropic grid, and what it is called."""

    name: str
    image: np.ndarray


def score_fields(
    fields: Sequence[IsotropicField], predict: Predict, reporter: JobReporter
) -> list[Score]:
    """Linear interpolation, Richardson-Lucy and the network side by side, on the first stack.

    Args:
        fields: That were learned from.
        predict: Of the trained network.
        reporter: Hears of the steps.
    """
    field = fields[0]
    reporter.progress("Judging", 0, 3, "volumes")
    volume = field.volumes[0]
    middle = middle_of(volume.image.shape, LARGEST_SCORED)
    image = volume.image[middle]
    linear = Named("linear interpolation", _linear(field)[middle])
    truth = None if field.truth is None else field.truth[middle]
    classical = _richardson_lucy(image, linear, field.edge_um, truth)
    reporter.check_cancelled()
    reporter.progress("Judging", 1, 3, "volumes")
    restored = Named("network", volume.scale.invert(predict(volume.normalised(middle))))
    reporter.progress("Judging", 2, 3, "volumes")
    three = (linear, classical, restored)
    scores = _by_itself(field, three)
    if truth is not None:
        scores = _against_truth(field, truth, three) + scores
    reporter.progress("Judging", 3, 3, "volumes")
    return scores


def said(scores: Sequence[Score]) -> str:
    """What can be told without any truth, in sentences, and whether to use the model."""
    found = {score.metric: score for score in scores}
    words = [
        f"{what} {found[metric].raw:.2f} {unit} in the stack, {found[metric].baseline:.2f} after "
        f"{found[metric].baseline_name}, {found[metric].restored:.2f} as restored."
        for metric, (what, unit) in TOLD.items()
        if metric in found
    ]
    mismatch = found.get("mismatch_db")
    if mismatch is not None and round(mismatch.restored, 1) >= round(mismatch.raw, 1):
        words.append("The axial spectrum came no closer to the lateral one: train longer.")
    return " ".join(words)


def _linear(field: IsotropicField) -> np.ndarray:
    """The first volume on the isotropic grid, straight lines between its planes."""
    measured, shape = field.measured[0], field.volumes[0].image.shape
    factors = [n / m for n, m in zip(shape, measured.shape, strict=True)]
    return np.asarray(
        ndimage.zoom(measured.astype(np.float32), factors, order=1, mode="nearest", grid_mode=True)
    )


def _richardson_lucy(
    image: np.ndarray, linear: Named, edge_um: float, truth: np.ndarray | None
) -> Named:
    """The best of several with the truth in hand, which no user has; else a usual one.

    Without spots that tell how the microscope blurs, linear interpolation takes its place.
    """
    blur = measured_blur(measure_spots(image, (edge_um,) * 3))
    if blur is None:
        return linear
    along_z = excess_blur(blur)
    if truth is None:
        psf = gaussian_psf(along_z, (edge_um,) * 3)
        return Named(
            f"Richardson-Lucy along Z, {USUAL_ITERATIONS} steps",
            deconvolved(image, psf, USUAL_ITERATIONS),
        )
    candidates = [
        Named(f"Richardson-Lucy {where}, {n} steps", deconvolved(image, psf, n))
        for where, psf in (
            ("along Z", gaussian_psf(along_z, (edge_um,) * 3)),
            ("in 3D", gaussian_psf(blur, (edge_um,) * 3)),
        )
        for n in ITERATIONS
    ]
    return max(candidates, key=lambda each: pearson(each.image, truth))


def _against_truth(
    field: IsotropicField, truth: np.ndarray, three: tuple[Named, Named, Named]
) -> list[Score]:
    agreements = [measure_agreement(each.image, truth) for each in three]
    found = {name: [getattr(each, name) for each in agreements] for name in AGREEMENT}
    return _scores(field, three[1].name, "care", found)


def _by_itself(field: IsotropicField, three: tuple[Named, Named, Named]) -> list[Score]:
    """Widths of spots, and how the axial spectra differ from the lateral ones."""
    spots = [measure_spots(each.image, (field.edge_um,) * 3) for each in three]
    found = {
        "axial_fwhm_um": [each.axial_um for each in spots],
        "lateral_fwhm_um": [each.lateral_um for each in spots],
    }
    if min(three[0].image.shape) >= SMALLEST:
        found["mismatch_db"] = [anisotropy_db(each.image) for each in three]
    return _scores(field, three[1].name, "none", found)


def _scores(
    field: IsotropicField, baseline: str, normalisation: str, found: dict[str, list[float]]
) -> list[Score]:
    """Only what could be measured in all three."""
    return [
        Score(
            data=field.name,
            metric=metric,
            normalisation=normalisation,
            raw=raw,
            baseline=classical,
            baseline_name=baseline,
            restored=restored,
        )
        for metric, (raw, classical, restored) in found.items()
        if np.isfinite((raw, classical, restored)).all()
    ]
