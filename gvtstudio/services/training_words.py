"""What a validation of a training found, in words."""

from gvtstudio.domain.messages import Score

# Of the other numbers the name itself is said.
_LABELS = {
    "loss": "loss {:.4g}",
    "validation_mae": "validation error {:.4g}",
    "validation_psnr_db": "validation PSNR {:.2f} dB",
    "validation_error": "validation error {:.4g}",
}
_UNSAID = ("learning_rate", "best_step")


def score_words(score: Score) -> str:
    """One sentence on a validation, with what was best so far.

    Example:
        >>> score_words(Score(500, {"loss": 0.25, "validation_mae": 0.041, "best_step": 500.0}))
        'Step 500: loss 0.25, validation error 0.041; the best so far.'
    """
    numbers = [
        _LABELS.get(name, f"{name.replace('_', ' ')} {{:.4g}}").format(value)
        for name, value in score.values.items()
        if name not in _UNSAID
    ]
    sentence = f"Step {score.step:,}: {', '.join(numbers)}" if numbers else f"Step {score.step:,}"
    best = score.values.get("best_step")
    if best is None or score.step == 0:
        return f"{sentence}."
    if not best:
        return f"{sentence}; nothing is better than the start yet."
    return f"{sentence}; " + (
        "the best so far." if best == score.step else f"best: step {best:,.0f}."
    )
