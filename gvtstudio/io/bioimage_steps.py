"""What packages of bioimage.io do to intensities, in the terms of a model's card."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from gvtstudio.domain.errors import ModelRefused
from gvtstudio.domain.model_card import NormalisationKind

Refuse = Callable[[str], ModelRefused]


class Step(msgspec.Struct):
    """One step before or after the network, as ``rdf.yaml`` has it."""

    id: str
    kwargs: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Normalisation:
    """How intensities come to the network: normalised by what is measured, then scaled.

    Args:
        kind: What is measured.
        percentiles: That become 0 and 1.
        gain: Times this,
        offset: and this added.
    """

    kind: NormalisationKind = "none"
    percentiles: tuple[float, float] = (0.0, 100.0)
    gain: float = 1.0
    offset: float = 0.0


def normalisation_from(steps: Sequence[Step], axes: str, refuse: Refuse) -> Normalisation:
    """The one step before the network that does something.

    Args:
        steps: All of them.
        axes: Of an image, ``zyx`` or ``yx``.
        refuse: Makes the error of a reason.

    Raises:
        ModelRefused: There are several, or one that this program does not know.
    """
    acting = _acting(steps, refuse)
    if len(acting) > 1:
        raise refuse(f"it prepares images in {len(acting)} steps")
    if not acting:
        return Normalisation()
    step, known = acting[0], acting[0].kwargs
    if step.id in ("scale_range", "zero_mean_unit_variance"):
        over = known.get("axes")
        if over is not None and not set(axes) <= set(over):
            raise refuse("it normalises parts of an image by themselves")
        if known.get("reference_tensor"):
            raise refuse("it normalises by another image")
    if step.id == "scale_range":
        limits = known.get("min_percentile", 0.0), known.get("max_percentile", 100.0)
        return Normalisation("percentiles", (float(limits[0]), float(limits[1])))
    if step.id == "zero_mean_unit_variance":
        return Normalisation("mean_std")
    if step.id == "fixed_zero_mean_unit_variance":
        mean, sd = _number(known.get("mean", 0.0), refuse), _number(known.get("std", 1.0), refuse)
        return Normalisation(gain=1 / sd, offset=-mean / sd)
    if step.id == "scale_linear":
        return Normalisation(gain=_gain(step, refuse), offset=_offset(step, refuse))
    raise refuse(f"it prepares images with {step.id}")


def answer_map(
    steps: Sequence[Step], normalisation: Normalisation, refuse: Refuse
) -> dict[str, float]:
    """How the answer of the network becomes that of the model.

    Raises:
        ModelRefused: By other steps than a scaling to fixed units.
    """
    acting = _acting(steps, refuse)
    if not acting:
        return {"answer_gain": 1.0, "answer_offset": 0.0}
    step = acting[0]
    if len(acting) > 1 or step.id != "scale_linear":
        raise refuse(f"it changes its answer with {', '.join(one.id for one in acting)}")
    if normalisation.kind != "none":
        raise refuse("it brings normalised images to other units")
    return {"answer_gain": _gain(step, refuse), "answer_offset": _offset(step, refuse)}


def _acting(steps: Sequence[Step], refuse: Refuse) -> list[Step]:
    """Those that do more than say that numbers are real, as they are here."""
    for step in steps:
        dtype = step.kwargs.get("dtype")
        if step.id == "ensure_dtype" and dtype not in ("float32", "float64"):
            raise refuse(f"it computes in {dtype}")
    return [step for step in steps if step.id != "ensure_dtype"]


def _gain(step: Step, refuse: Refuse) -> float:
    return _number(step.kwargs.get("gain", 1.0), refuse)


def _offset(step: Step, refuse: Refuse) -> float:
    return _number(step.kwargs.get("offset", 0.0), refuse)


def _number(value: Any, refuse: Refuse) -> float:
    """A number, which may stand in a list with one for each channel."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, int | float):
        raise refuse("it scales channels, or not by a number")
    return float(value)
