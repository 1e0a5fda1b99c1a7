import pytest

from gvtstudio.domain.model_card import Score
from gvtstudio.training.verdict import FILTERED, RivalWords, verdict_on, with_backbone


def score(
    restored: float,
    backbone: float | None = None,
    raw: float = 24.1,
    baseline: float = 27.9,
    metric: str = "psnr_db",
) -> Score:
    return Score("a", metric, "care", raw, baseline, "median 3×3×3", restored, backbone)


def test_an_adapted_model_that_is_better_is_told_by_how_much():
    verdict = verdict_on([score(31.0, 30.5), score(31.4, 30.5)], FILTERED)
    assert verdict.sentence == (
        "On 2 held-out pairs the adapted model reaches 31.2 dB, the backbone 30.5 dB, the raw "
        "images 24.1 dB, the best classical filter 27.9 dB: 0.7 dB better than the backbone."
    )
    assert not verdict.keeps_backbone


@pytest.mark.parametrize(
    ("restored", "words"),
    [(30.1, "0.4 dB worse than"), (30.5, "no better than"), (30.54, "no better than")],
)
def test_the_backbone_is_kept_where_nothing_is_gained_that_can_be_seen(restored: float, words: str):
    verdict = verdict_on([score(restored, 30.5)], FILTERED)
    assert verdict.keeps_backbone
    assert f"{words} the backbone. The backbone is kept and no new model" in verdict.sentence
    assert "On 1 held-out pair the" in verdict.sentence
    assert "Train longer" in verdict.sentence


def test_means_decide_and_not_single_pairs():
    assert not verdict_on([score(30.0, 31.0), score(33.0, 31.0)], FILTERED).keeps_backbone
    assert verdict_on([score(30.0, 31.0), score(31.5, 31.0)], FILTERED).keeps_backbone


def test_an_adapted_model_behind_the_classical_filter_says_so():
    verdict = verdict_on([score(27.0, 26.0)], FILTERED)
    assert not verdict.keeps_backbone
    assert verdict.sentence.endswith(
        "1.0 dB better than the backbone. But the best classical filter would be 0.9 dB better "
        "than the model."
    )


def test_a_model_trained_from_nothing_is_compared_with_its_best_rival():
    words = RivalWords("the maximum projections", "the best classical projection")
    better = verdict_on([score(30.0)], words)
    assert better.sentence == (
        "On 1 held-out pair the trained model reaches 30.0 dB, the maximum projections 24.1 dB, "
        "the best classical projection 27.9 dB: 2.1 dB better than the best classical projection."
    )
    behind_raw = verdict_on([score(30.0, raw=33.0)], words)
    assert "3.0 dB worse than the maximum projections. Do not use it" in behind_raw.sentence
    assert not behind_raw.keeps_backbone


@pytest.mark.parametrize("backbone", [None, 31.0])
def test_what_learned_from_a_stack_alone_knows_no_pairs(backbone: float | None):
    words = RivalWords("linear interpolation", "Richardson-Lucy", "the stack it learned from")
    verdict = verdict_on([score(27.0, backbone)], words)
    kind = "trained" if backbone is None else "adapted"
    assert verdict.sentence.startswith(f"On the stack it learned from the {kind} model reaches")
    assert verdict.sentence.lower().endswith("train longer.")
    assert "pair" not in verdict.sentence
    assert "target" not in verdict.sentence


def test_labels_are_judged_by_the_mean_dice():
    of_one = score(0.1, 0.9, metric="dice of 7")
    verdict = verdict_on([of_one, score(0.81, 0.8, 0.3, 0.5, "dice")], FILTERED)
    assert "reaches a Dice of 0.810, the backbone a Dice of 0.800" in verdict.sentence
    assert "0.010 better than the backbone." in verdict.sentence


def test_without_a_measure_nothing_is_said_and_nothing_thrown_away():
    assert verdict_on([], FILTERED) == ("", False)
    assert verdict_on([score(0.1, 0.2, metric="nrmse")], FILTERED) == ("", False)


def test_the_backbone_stands_beside_the_model_measure_by_measure():
    def of(data: str, metric: str, restored: float) -> Score:
        return Score(data, metric, "care", 0.0, 0.0, "", restored)

    after = [of("a", "ssim", 1.0), of("a", "ssim", 2.0), of("b", "ssim", 3.0), of("b", "x", 4.0)]
    before = [of("b", "ssim", 30.0), of("a", "ssim", 10.0), of("a", "ssim", 20.0)]
    told = [(s.restored, s.backbone) for s in with_backbone(after, before)]
    assert told == [(1.0, 10.0), (2.0, 20.0), (3.0, 30.0), (4.0, None)]
