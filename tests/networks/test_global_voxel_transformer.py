import pytest
import torch

from gvtstudio.networks.layers.global_voxel_transformer import (
    GlobalVoxelTransformer,
    attend_globally,
)

SIZES = {2: (4, 6), 3: (4, 6, 2)}


def directly(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """The paper's formula for one head, with its N × N attention map: Y = V (Kᵀ Q) / N."""
    attention = key.T @ (query / query.shape[0] ** 0.5)
    return value @ attention / query.shape[1]


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("query_size", [60, 480, 8])
def test_linear_evaluation_equals_the_attention_map(heads: int, query_size: int):
    generator = torch.Generator().manual_seed(heads)
    q, k, v = (
        torch.randn((2, 8, n), generator=generator, dtype=torch.float64)
        for n in (query_size, 60, 60)
    )
    result = attend_globally(q, k, v, heads)
    depth = 8 // heads
    for image in range(2):
        for head in range(heads):
            rows = slice(head * depth, (head + 1) * depth)
            expected = directly(q[image, rows], k[image, rows], v[image, rows])
            torch.testing.assert_close(result[image, rows], expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("size", "factor"), [("same", 1.0), ("down", 0.5), ("up", 2.0)])
def test_operator_equals_its_parts(dims: int, version: str, size: str, factor: float):
    torch.manual_seed(1)
    out_channels = 8 if size == "same" else 6
    operator = GlobalVoxelTransformer(
        dims, 8, out_channels, heads=2, size=size, version=version
    ).double()
    for parameter in operator.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    x = 3 * torch.randn((2, 8, *SIZES[dims]), dtype=torch.float64)

    y = operator(x)

    assert y.shape == (2, out_channels, *(int(n * factor) for n in SIZES[dims]))
    h = torch.clamp(x, 0, 6)
    q, k, v = operator.query(h), operator.key(h), operator.value(h)
    depth = out_channels // 2
    attended = torch.empty_like(q)
    for image in range(2):
        for head in range(2):
            rows = slice(head * depth, (head + 1) * depth)
            flat = directly(*(t[image, rows].flatten(1) for t in (q, k, v)))
            attended[image, rows] = flat.reshape(q[image, rows].shape)
    residual = x if size == "same" else q
    if size != "same" and version == "v1":
        residual = operator.shortcut(h)
    torch.testing.assert_close(y, residual + operator.out(attended), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("dims", [2, 3])
def test_same_size_operator_does_not_know_where_a_voxel_is(dims: int):
    """Permuting the voxels of the input permutes the output: no position enters the operator."""
    torch.manual_seed(2)
    operator = GlobalVoxelTransformer(dims, 4, 4).double()
    x = torch.randn((1, 4, *SIZES[dims]), dtype=torch.float64)
    order = torch.randperm(x[0, 0].numel())

    def permuted(t: torch.Tensor) -> torch.Tensor:
        return t.flatten(2)[..., order].reshape(t.shape)

    torch.testing.assert_close(operator(permuted(x)), permuted(operator(x)), rtol=1e-10, atol=1e-12)


def test_every_voxel_sees_every_other():
    torch.manual_seed(3)
    operator = GlobalVoxelTransformer(3, 4, 4).double()
    x = torch.rand((1, 4, 4, 6, 2), dtype=torch.float64, requires_grad=True)
    operator(x)[0, :, 0, 0, 0].sum().backward()
    assert (x.grad.abs().sum(dim=1) > 0).all()


def test_parameter_counts_are_those_of_the_paper():
    def count(**options) -> int:
        return sum(p.numel() for p in GlobalVoxelTransformer(**options).parameters())

    assert count(dims=3, in_channels=128, out_channels=128, heads=2) == 66_048
    assert count(dims=3, in_channels=128, out_channels=64, heads=2, size="up") == 241_920
    assert count(dims=2, in_channels=64, out_channels=32, heads=2, size="up") == 23_680


def test_impossible_channels_are_refused():
    with pytest.raises(ValueError, match="heads"):
        GlobalVoxelTransformer(3, 6, 6, heads=4)
    with pytest.raises(ValueError, match="keeps the number"):
        GlobalVoxelTransformer(3, 6, 8)
