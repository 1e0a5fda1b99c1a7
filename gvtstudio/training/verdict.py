"""Whether a trained model is any good, in a sentence, from its scores."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from gvtstudio.domain.model_card import Score


class _Shown(NamedTuple):
    """How a measure is written: a value, a difference, and its digits after the point."""

    value: str
    difference: str
    digits: int


DECIDING = {
    "psnr_db": _Shown("{:.1f} dB", "{:.1f} dB", 1),
    "dice": _Shown("a Dice of {:.3f}", "{:.3f}", 3),
    "pearson_r": _Shown("r = {:.3f}", "{:.3f}", 3),
    "ssim": _Shown("an SSIM of {:.3f}", "{:.3f}", 3),
}
"""Higher is better in all of them; the first one that was measured decides."""


SAME_VOXELS = "see whether inputs and targets show the same voxels"


class RivalWords(NamedTuple):
    """What a task calls those that its models must beat, and what they are scored on.

    Args:
        raw: The input as it is.
        baseline: The best classical result.
        learned_from: Of a task that learns from stacks alone and keeps none apart, the stack it is
            scored on; empty for pairs that were kept apart.
    """

    raw: str
    baseline: str
    learned_from: str = ""

    def scored_on(self, count: int) -> str:
        """What so many scores are of."""
        return self.learned_from or f"{count} held-out pair{'' if count == 1 else 's'}"

    @property
    def advice(self) -> str:
        """What to do where a model is no good."""
        return "train longer" if self.learned_from else "train longer or with more pairs"


FILTERED = RivalWords("the raw images", "the best classical filter")


class Verdict(NamedTuple):
    """What became of a training.

    Args:
        sentence: For the user; empty where nothing could be measured.
        keeps_backbone: Whether the model that was to be adapted is as good or better.
    """

    sentence: str
    keeps_backbone: bool


def with_backbone(scores: Sequence[Score], before: Sequence[Score]) -> list[Score]:
    """Scores of an adapted model that also tell what the backbone reached on the same data."""
    known: dict[tuple[str, str], list[float]] = defaultdict(list)
    for score in before:
        known[score.data, score.metric].append(score.restored)
    completed = []
    for score in scores:
        values = known[score.data, score.metric]
        reached = values.pop(0) if values else None
        completed.append(msgspec.structs.replace(score, backbone=reached))
    return completed


def verdict_on(scores: Sequence[Score], words: RivalWords) -> Verdict:
    """Compare means: the model, the backbone where there was one, the input, the classical way.

    A difference that is nothing in the digits shown is none.

    Args:
        scores: Of one model, all on the same data.
        words: For what is scored, input and classical way.
    """
    metric = next((name for name in DECIDING if any(s.metric == name for s in scores)), "")
    if not metric:
        return Verdict("", keeps_backbone=False)
    shown, chosen = DECIDING[metric], [score for score in scores if score.metric == metric]
    ours = _mean([score.restored for score in chosen])
    rivals = {
        words.raw: _mean([score.raw for score in chosen]),
        words.baseline: _mean([score.baseline for score in chosen]),
    }
    backbones = [score.backbone for score in chosen if score.backbone is not None]
    where = f"On {words.scored_on(len(chosen))}"
    if not backbones:
        reached = _listed(f"{where} the trained model", ours, rivals, shown)
        against = _against_all(ours, rivals, shown, words.advice)
        return Verdict(f"{reached}: {against}", keeps_backbone=False)
    backbone = _mean(backbones)
    every = {"the backbone": backbone, **rivals}
    reached = _listed(f"{where} the adapted model", ours, every, shown)
    gained = f"{reached}: {_compared(ours, backbone, shown)} the backbone."
    if round(ours - backbone, shown.digits) <= 0:
        doubt = "" if words.learned_from else f", or {SAME_VOXELS}"
        return Verdict(
            f"{gained} The backbone is kept and no new model is written. "
            f"{words.advice.capitalize()}{doubt}.",
            keeps_backbone=True,
        )
    best = max(rivals, key=lambda name: rivals[name])
    if round(rivals[best] - ours, shown.digits) > 0:
        gained += f" But {best} would be {_compared(rivals[best], ours, shown)} the model."
    return Verdict(gained, keeps_backbone=False)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _listed(who: str, ours: float, others: dict[str, float], shown: _Shown) -> str:
    listed = [f"{name} {shown.value.format(value)}" for name, value in others.items()]
    return f"{who} reaches {shown.value.format(ours)}, {', '.join(listed)}"


def _compared(ours: float, other: float, shown: _Shown) -> str:
    gain = round(ours - other, shown.digits)
    if gain == 0:
        return "no better than"
    return f"{shown.difference.format(abs(gain))} {'better' if gain > 0 else 'worse'} than"


def _against_all(ours: float, rivals: dict[str, float], shown: _Shown, advice: str) -> str:
    best = max(rivals, key=lambda name: rivals[name])
    compared = f"{_compared(ours, rivals[best], shown)} {best}."
    if round(ours - rivals[best], shown.digits) > 0:
        return compared
    return f"{compared} Do not use it: {advice}."
