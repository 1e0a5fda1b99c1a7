"""Augmented equivariant attention: shared references and batch-aware training."""

import pytest
import torch

from gvtstudio.networks.layers.global_voxel_transformer import GlobalOptions, GlobalVoxelTransformer
from gvtstudio.networks.layers.gram import gram_matrix
from tests.networks.test_global_voxel_transformer import directly, features, operator


def activated(x: torch.Tensor) -> torch.Tensor:
    return torch.clamp(x, 0, 6)


def augmented(**options) -> GlobalVoxelTransformer:
    return operator(2, "same", references=5, divide_by="keys", **options)


def test_keys_and_values_come_from_the_image_and_the_references():
    made, x = augmented(), features(2)
    expected = [
        directly(
            made, image[None], torch.cat([activated(image).flatten(1), made.references.voxels.T], 1)
        )
        for image in x
    ]
    torch.testing.assert_close(made(x), torch.cat(expected), rtol=1e-10, atol=1e-12)


def test_references_change_what_an_image_becomes():
    made, x = augmented(), features(2)
    before = made(x)
    with torch.no_grad():
        made.references.voxels.mul_(2)
    assert not torch.allclose(made(x), before)


def test_training_half_of_a_batch_sees_that_half_and_half_the_references():
    made, x = augmented(is_batch_aware=True).train(), features(2, batch=4)
    batch_aware = directly(made, x[:2], torch.cat([activated(i).flatten(1) for i in x[:2]], dim=1))
    with_references = [
        directly(
            made, image[None], torch.cat([activated(image).flatten(1), made.references.voxels.T], 1)
        )
        for image in x[2:]
    ]
    expected = torch.cat([batch_aware, *with_references])
    torch.testing.assert_close(made(x), expected, rtol=1e-10, atol=1e-12)


def test_prediction_always_has_the_references():
    made, x = augmented(is_batch_aware=True), features(2, batch=2)
    alone = torch.cat([made(image[None]) for image in x])
    torch.testing.assert_close(made(x), alone, rtol=1e-12, atol=1e-12)


def test_a_batch_of_one_trains_with_references():
    made, x = augmented(is_batch_aware=True), features(2, batch=1)
    torch.testing.assert_close(made.train()(x), made.eval()(x), rtol=1e-10, atol=1e-12)


def test_block_with_references_is_equivariant_to_permutations_of_voxels():
    """The paper's theorem: shared references keep the equivariance of self-attention."""
    made, x = augmented(), features(2)
    order = torch.randperm(x[0, 0].numel(), generator=torch.Generator().manual_seed(3))

    def permuted(t: torch.Tensor) -> torch.Tensor:
        return t.flatten(2)[..., order].reshape(t.shape)

    torch.testing.assert_close(made(permuted(x)), permuted(made(x)), rtol=1e-10, atol=1e-12)


def test_attention_with_learned_queries_is_not_equivariant():
    """What the theorem is set against: a fixed query per voxel gives places a meaning."""
    made, x = operator(2, "same"), features(2, batch=1)
    queries = torch.randn((1, 8, *x.shape[2:]), dtype=torch.float64)
    made.query = torch.nn.Identity()
    made.query.forward = lambda _: queries
    order = torch.randperm(x[0, 0].numel(), generator=torch.Generator().manual_seed(3))

    def permuted(t: torch.Tensor) -> torch.Tensor:
        return t.flatten(2)[..., order].reshape(t.shape)

    made.train()
    assert not torch.allclose(made(permuted(x)), permuted(made(x)), rtol=1e-3)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gram_matrix_holds_products_sums_and_count(layout: torch.memory_format):
    h = torch.rand((2, 3, 5, 7)).to(memory_format=layout)
    gram = gram_matrix(h)
    for image, result in zip(h.double(), gram, strict=True):
        with_one = torch.cat([image.flatten(1), torch.ones(1, 35)])
        torch.testing.assert_close(result.double(), with_one @ with_one.T, rtol=1e-6, atol=1e-6)


def test_gram_matrix_of_half_precision_keeps_small_terms_of_a_large_sum():
    h = torch.full((1, 1, 300_000), 0.1, dtype=torch.bfloat16)
    exact = float(h[0, 0, 0].double()) ** 2 * 300_000
    assert float(gram_matrix(h)[0, 0, 0]) == pytest.approx(exact, rel=1e-4)


def test_references_start_as_the_published_ones():
    """Glorot uniform over 64 × 128: a limit of 0.1768 (MODELS §4.2)."""
    torch.manual_seed(0)
    options = GlobalOptions(references=64)
    voxels = GlobalVoxelTransformer(2, 128, 128, options=options).references.voxels
    assert voxels.shape == (64, 128)
    assert 0.17 < float(voxels.detach().abs().max()) <= 0.1769
