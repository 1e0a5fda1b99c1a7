import numpy as np
import pytest
import torch

from gvtstudio.domain.messages import Progress
from gvtstudio.domain.model_card import Score
from gvtstudio.imaging.baseline import best_filter
from gvtstudio.networks.gvtnet_denoising.net import build_3d
from gvtstudio.training import scoring
from gvtstudio.training.fields import PairedField
from gvtstudio.training.scoring import MOST_PAIRS, FieldScoring, Rivals, mean_scores
from tests.training.loops_for_tests import Heard, pair


def test_every_measure_stands_beside_the_input_and_the_best_filter():
    heard = Heard()
    fields = [PairedField(f"field {i}", [pair(i), pair(i + 10)], None) for i in range(3)]
    scores = FieldScoring(fields, heard)(build_3d(base_channels=4))
    assert [(score.data, score.metric) for score in scores] == [
        (name, metric)
        for name in ("field 0", "field 0", "field 1", "field 1")
        for metric in ("psnr_db", "ssim", "nrmse")
    ]
    assert all(score.baseline_name for score in scores)
    assert heard.of(Progress)[-1] == Progress("Judging", MOST_PAIRS, MOST_PAIRS, "pairs", None)
    means = mean_scores(scores)
    raw = [score.raw for score in scores if score.metric == "psnr_db"]
    assert means["raw_psnr_db"] == pytest.approx(sum(raw) / len(raw))
    assert set(means) == {
        f"{kind}_{metric}"
        for kind in ("raw", "baseline", "restored")
        for metric in ("psnr_db", "ssim")
    }


def test_of_a_volume_larger_than_can_be_held_several_times_the_middle_is_scored(
    monkeypatch: pytest.MonkeyPatch,
):
    network = build_3d(base_channels=4)
    whole = pair(1)
    middle = whole._replace(
        image=whole.image[1:9, 4:20, 4:20], target=whole.target[1:9, 4:20, 4:20]
    )
    expected = FieldScoring([PairedField("a", [middle], None)], Heard())(network)
    monkeypatch.setattr(scoring, "LARGEST_SCORED", (8, 16, 16))
    assert FieldScoring([PairedField("a", [whole], None)], Heard())(network) == expected


def test_a_second_network_is_compared_with_the_same_rivals_which_are_not_tuned_again():
    tuned = []

    def classical(image, target):
        tuned.append(image)
        return best_filter(image, target)

    rivals = Rivals(raw=lambda image: image, classical=classical)
    scoring = FieldScoring([PairedField("a", [pair(1)], None)], Heard(), rivals)
    torch.manual_seed(0)
    first, second = (scoring(build_3d(base_channels=4)) for _ in range(2))
    assert len(tuned) == 1
    for a, b in zip(first, second, strict=True):
        assert (a.raw, a.baseline, a.baseline_name) == (b.raw, b.baseline, b.baseline_name)
        assert a.restored != b.restored


def test_a_task_says_what_is_measured():
    def furthest(image, target):
        return {"furthest": float(np.abs(image - target).max()), "nothing": float("nan")}

    rivals = Rivals(raw=lambda image: image + 7, classical=best_filter, measure=furthest)
    one = pair(1)
    (score,) = FieldScoring([PairedField("a", [one], None)], Heard(), rivals)(
        build_3d(base_channels=4)
    )
    assert score.metric == "furthest"
    assert score.raw == pytest.approx(np.abs(one.image + 7 - one.target).max())
    assert score.baseline < score.raw


def test_without_scores_there_are_no_means():
    assert mean_scores([]) == {}


def test_of_labels_the_mean_dice_is_told_but_not_every_label():
    rows = [("dice", 0.2), ("dice of 7", 0.9), ("dice", 0.4)]
    scores = [Score("a", name, "none", 0.0, dice / 2, "k-means", dice) for name, dice in rows]
    expected = {"raw_dice": 0.0, "baseline_dice": 0.15, "restored_dice": 0.3}
    assert mean_scores(scores) == pytest.approx(expected)
