"""How good a restoration along Z is: widths of spots, spectra, and the truth where it is known."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.model_card import Score
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.imaging.deconvolution import (
    Blur,
    deconvolved,
    excess_blur,
    gaussian_psf,
    measured_blur,
    theoretical_blur,
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


def blur_of(values: Mapping[str, Value]) -> Blur | None:
    """What the objective makes of a point; ``None`` where its aperture is not given.

    Raises:
        UsageError: An aperture the immersion does not allow.
    """
    aperture, index = float(values["numerical_aperture"]), float(values["refractive_index"])
    if not aperture:
        return None
    if aperture >= index:
        raise UsageError(
            f"A numerical aperture of {aperture:g} is impossible in a medium of index {index:g}.",
            "Give the refractive index of the immersion, such as --refractive-index 1.515 for oil.",
        )
    is_confocal = values["microscope"] == "confocal"
    return theoretical_blur(
        aperture, index, float(values["emission_nm"]) / 1000, is_confocal=is_confocal
    )


def score_fields(
    fields: Sequence[IsotropicField],
    predict: Predict,
    reporter: JobReporter,
    blur: Blur | None = None,
) -> list[Score]:
    """Linear interpolation, Richardson-Lucy and the network side by side, on the first stack.

    Args:
        fields: That were learned from.
        predict: Of the trained network.
        reporter: Hears of the steps.
        blur: Of the microscope; ``None`` measures it on spots.
    """
    field = fields[0]
    reporter.progress("Judging", 0, 3, "volumes")
    volume = field.volumes[0]
    middle = middle_of(volume.image.shape, LARGEST_SCORED)
    image = volume.image[middle]
    linear = Named("linear interpolation", _linear(field)[middle])
    truth = None if field.truth is None else field.truth[middle]
    blur = blur or measured_blur(measure_spots(image, (field.edge_um,) * 3))
    classical = linear
    if blur is not None:
        classical = _best(_deconvolved(image, blur, field.edge_um, truth), truth, reporter)
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


def _deconvolved(
    image: np.ndarray, blur: Blur, edge_um: float, truth: np.ndarray | None
) -> Iterator[Named]:
    """A usual deconvolution, and several where the truth can say which is best."""
    along_z = ("along Z", gaussian_psf(excess_blur(blur), (edge_um,) * 3))
    in_space = ("in 3D", gaussian_psf(blur, (edge_um,) * 3))
    for where, psf in (along_z,) if truth is None else (along_z, in_space):
        for count in (USUAL_ITERATIONS,) if truth is None else ITERATIONS:
            name = f"Richardson-Lucy {where}, {count} steps"
            yield Named(name, deconvolved(image, psf, count))


def _best(candidates: Iterable[Named], truth: np.ndarray | None, reporter: JobReporter) -> Named:
    """The one most like the truth, which no user has; the first where it is not known."""
    tried: list[tuple[float, Named]] = []
    for each in candidates:
        reporter.check_cancelled()
        tried.append((0.0 if truth is None else pearson(each.image, truth), each))
    return max(tried, key=lambda pair: pair[0])[1]


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
