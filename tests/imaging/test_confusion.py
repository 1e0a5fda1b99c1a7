import numpy as np
import pytest

from gvtstudio.imaging.confusion import BINS, binned_confusion, row_shares
from gvtstudio.imaging.metrics import Comparison


def ramp(count: int = 1000) -> np.ndarray:
    return np.linspace(0, 1, count).reshape(1, 10, -1)


def test_what_is_predicted_rightly_lies_on_the_diagonal():
    counts = binned_confusion(Comparison(100 + 50 * ramp(), 7 * ramp(), "care"))
    assert counts.shape == (BINS, BINS)
    assert counts.sum() == 1000
    assert np.trace(counts) == 1000


def test_rows_are_the_truth_and_columns_what_was_predicted():
    truth = ramp()
    dim = np.where(truth > 0.55, 0.25, truth)
    counts = binned_confusion(Comparison(dim, truth, "none"))
    assert (counts[6:, 2] == counts[6:].sum(1)).all()
    assert (np.diag(counts)[:5] == counts[:5].sum(1)).all()


def test_what_lies_outside_of_the_range_counts_at_its_ends():
    truth = ramp()
    counts = binned_confusion(Comparison(np.where(truth < 0.5, -3.0, 9.0), truth, "none"))
    assert counts[:, 1:-1].sum() == 0
    assert counts[0, 0] == counts[0].sum()
    assert counts[-1, -1] == counts[-1].sum()


def test_only_what_the_mask_marks_counts():
    truth = ramp()
    mask = np.zeros(truth.shape, bool)
    mask[:, :, :30] = True
    assert binned_confusion(Comparison(truth, truth, "none", mask)).sum() == mask.sum()


def test_shares_of_a_row_add_up_and_empty_rows_say_nothing():
    shares = row_shares(np.array([[3, 1], [0, 0]]))
    assert shares[0].tolist() == pytest.approx([0.75, 0.25])
    assert np.isnan(shares[1]).all()
