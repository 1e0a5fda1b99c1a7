import pytest

from gvtstudio.domain.messages import Score
from gvtstudio.services.training_words import score_words


@pytest.mark.parametrize(
    ("step", "values", "words"),
    [
        (0, {"validation_mae": 0.05}, "Step 0: validation error 0.05."),
        (
            1500,
            {"loss": 0.25, "validation_psnr_db": 24.567, "learning_rate": 1e-4, "best_step": 1500},
            "Step 1,500: loss 0.25, validation PSNR 24.57 dB; the best so far.",
        ),
        (20, {"loss": 1.0, "best_step": 0.0}, "Step 20: loss 1; nothing is better than the start "
         "yet."),
        (40, {"mean_dice": 0.81, "best_step": 20.0}, "Step 40: mean dice 0.81; best: step 20."),
        (40, {}, "Step 40."),
    ],
)  # fmt: skip
def test_a_validation_in_words(step, values, words):
    assert score_words(Score(step, values)) == words
