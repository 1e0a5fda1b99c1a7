import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gvtstudio.imaging.overlap import dice_per_class, holds_labels

labels = arrays(np.uint8, (3, 4, 5), elements=st.integers(0, 4))


def squares(dtype: str = "uint16") -> tuple[np.ndarray, np.ndarray]:
    """Class 7: 4 × 4 against the same moved by one column. Class 300: in one of the two only."""
    image, truth = np.zeros((2, 10, 12), dtype)
    image[2:6, 2:6], truth[2:6, 3:7] = 7, 7
    image[8:, 8:] = 300
    return image, truth


def test_dice_is_twice_the_shared_over_the_sum():
    assert dice_per_class(*squares()) == {7: 2 * 12 / 32, 300: 0.0}


@given(labels, labels)
def test_dice_equals_the_formula_with_masks(image, truth):
    found = dice_per_class(image, truth)
    assert set(found) == set(np.unique([image, truth])) - {0}
    for label, dice in found.items():
        a, b = image == label, truth == label
        assert dice == pytest.approx(2 * (a & b).sum() / (a.sum() + b.sum()))


@given(labels)
def test_an_image_overlaps_itself(image):
    assert set(dice_per_class(image, image).values()) <= {1.0}


def test_only_what_lies_inside_the_mask_counts():
    image, truth = squares()
    mask = np.zeros_like(image)
    mask[:, :6] = 9
    assert dice_per_class(image, truth, mask) == {7: 2 * 12 / (16 + 12)}


def test_whole_numbers_of_any_type_are_labels():
    assert dice_per_class(*squares("float32")) == dice_per_class(*squares("int32"))
    assert holds_labels(np.array([True, False]))
    assert not holds_labels(np.array([0.0, np.nan]))
    assert not holds_labels(np.array([1 + 2j]))


def test_what_is_no_label_or_has_no_partner_is_refused():
    image, truth = squares("float32")
    with pytest.raises(ValueError, match="whole numbers"):
        dice_per_class(image + 0.5, truth)
    with pytest.raises(ValueError, match="differ"):
        dice_per_class(image[1:], truth)
    with pytest.raises(ValueError, match="empty"):
        dice_per_class(image, truth, np.zeros_like(truth))
