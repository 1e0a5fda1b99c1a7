import pytest
import torch

from gvtstudio.domain.specs import load_callable
from gvtstudio.training.augmentations import AUGMENTATIONS


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_input_and_target_change_alike_and_keep_every_voxel(name: str):
    augment = load_callable(AUGMENTATIONS[name])
    image = torch.arange(2 * 3 * 4 * 4.0).reshape(2, 3, 4, 4)
    seen = set()
    for seed in range(200):
        a, b = augment(image, image + 1000, torch.Generator().manual_seed(seed))
        assert torch.equal(b - a, torch.full_like(a, 1000))
        assert sorted(a.flatten().tolist()) == image.flatten().tolist()
        assert a.shape == image.shape
        seen.add(tuple(a.flatten().tolist()))
    assert len(seen) == 16


def test_planes_that_are_not_square_are_not_turned():
    augment = load_callable(AUGMENTATIONS["flips-and-turns"])
    image = torch.rand(1, 3, 4, 6)
    for seed in range(20):
        assert augment(image, image, torch.Generator().manual_seed(seed))[0].shape == image.shape
