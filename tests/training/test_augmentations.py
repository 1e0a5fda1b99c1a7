import pytest
import torch

from gvtstudio.domain.specs import load_callable
from gvtstudio.training.augmentations import AUGMENTATIONS


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_input_and_target_change_alike_and_keep_every_voxel(name: str):
    augment = load_callable(AUGMENTATIONS[name].apply)
    image = torch.arange(2 * 4 * 4 * 4.0).reshape(2, 4, 4, 4)
    seen = set()
    for seed in range(600):
        a, b = augment(image, image + 1000, torch.Generator().manual_seed(seed))
        assert torch.equal(b - a, torch.full_like(a, 1000))
        assert sorted(a.flatten().tolist()) == image.flatten().tolist()
        assert a.shape == image.shape
        seen.add(tuple(a.flatten().tolist()))
    assert len(seen) == AUGMENTATIONS[name].symmetries


@pytest.mark.parametrize("name", AUGMENTATIONS)
@pytest.mark.parametrize("shape", [(1, 3, 4, 6), (1, 3, 4, 4), (2, 1, 4, 4)])
def test_the_size_stays_as_it_is(name: str, shape: tuple[int, ...]):
    augment = load_callable(AUGMENTATIONS[name].apply)
    image = torch.rand(shape)
    for seed in range(20):
        for turned in augment(image, image, torch.Generator().manual_seed(seed)):
            assert turned.shape == image.shape


def test_flat_patches_are_turned_in_their_plane():
    augment = load_callable(AUGMENTATIONS["turns-in-space"].apply)
    image = torch.arange(2 * 4 * 4.0).reshape(1, 2, 4, 4)
    seen = {
        tuple(augment(image, image, torch.Generator().manual_seed(seed))[0].flatten().tolist())
        for seed in range(300)
    }
    assert len(seen) == 16


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_z_becomes_y_only_where_voxels_must_be_isotropic(name: str):
    row = AUGMENTATIONS[name]
    depth = torch.arange(4.0)[:, None, None].expand(1, 4, 4, 4)
    turned = [
        load_callable(row.apply)(depth, depth, torch.Generator().manual_seed(seed))[0]
        for seed in range(50)
    ]
    along_z = [bool((image == image[:, :, :1, :1]).all()) for image in turned]
    assert all(along_z) != row.needs_isotropic_voxels
    if name == "flips-and-turns-in-plane":
        assert all(torch.equal(image, depth) for image in turned)
