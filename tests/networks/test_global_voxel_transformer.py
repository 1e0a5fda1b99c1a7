import math

import pytest
import torch
from torch.nn import functional

from gvtstudio.domain.errors import UsageError
from gvtstudio.networks.layers.global_voxel_transformer import GlobalOptions, GlobalVoxelTransformer

SIZES = {2: (4, 6), 3: (4, 6, 2)}
CASES = [
    (dims, size, version)
    for dims in (2, 3)
    for size, version in [
        ("same", "v2"), ("down", "v1"), ("down", "v2"), ("up", "v1"), ("up", "v2"), ("up4", "v2"),
    ]
]  # fmt: skip
every_operator = pytest.mark.parametrize(("dims", "size", "version"), CASES)


def operator(dims: int, size: str, **options) -> GlobalVoxelTransformer:
    """With weights large enough for attention to matter, in float64."""
    torch.manual_seed(1)
    out_channels = 8 if size in ("same", "up4") else 6
    made = GlobalVoxelTransformer(
        dims, 8, out_channels, size=size, options=GlobalOptions(heads=2, **options)
    ).double()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return made.eval()


def features(dims: int, batch: int = 2) -> torch.Tensor:
    generator = torch.Generator().manual_seed(2)
    return 3 * torch.randn((batch, 8, *SIZES[dims]), generator=generator, dtype=torch.float64)


def directly(made: GlobalVoxelTransformer, x: torch.Tensor, keys: torch.Tensor | None = None):
    """The formula with its N × n attention map, image by image and head by head.

    Args:
        made: The operator.
        x: (B, C, *size).
        keys: (c, n) activated voxels attended to; those of the image itself if not given.
    """
    h = torch.clamp(x if made.activation.norm is None else made.activation.norm(x), 0, 6)
    q = enlarged(h) if made.query is None else made.query(h)
    depth = q.shape[1] // 2
    attended = torch.empty_like(q)
    for image in range(len(x)):
        seen = h[image].flatten(1) if keys is None else keys
        k, v = (
            layer.weight.flatten(1) @ seen + layer.bias[:, None] for layer in (made.key, made.value)
        )
        count = seen.shape[1] if made.options.divide_by == "keys" else q[image, 0].numel()
        for head in range(2):
            rows = slice(head * depth, (head + 1) * depth)
            attention = k[rows].T @ q[image, rows].flatten(1) / math.sqrt(depth)
            attended[image, rows] = (v[rows] @ attention / count).reshape(q[image, rows].shape)
    residual = q if made.shortcut is None else made.shortcut(h)
    return (x if made.size == "same" else residual) + made.out(attended)


def enlarged(x: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(x, scale_factor=(*[1] * (x.ndim - 4), 4, 4), mode="nearest")


@every_operator
@pytest.mark.parametrize("training", [False, True], ids=["folded", "training"])
def test_operator_equals_the_attention_map(dims: int, size: str, version: str, training: bool):
    made, x = operator(dims, size, version=version).train(training), features(dims)
    y = made(x)
    factor = {"same": 1, "down": 0.5, "up": 2}.get(size, 1)
    expected = [int(n * factor) for n in SIZES[dims]]
    if size == "up4":
        expected[-2:] = [4 * n for n in expected[-2:]]
    assert list(y.shape[2:]) == expected
    torch.testing.assert_close(y, directly(made, x), rtol=1e-10, atol=1e-12)


@every_operator
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)], ids=["f64", "f32"]
)
def test_folding_is_exact(dims: int, size: str, version: str, dtype: torch.dtype, tolerance: float):
    made, x = operator(dims, size, version=version), features(dims)
    exact = directly(made, x).detach()
    folded = made.to(dtype)(x.to(dtype)).double()
    assert float((folded - exact).detach().abs().max() / exact.detach().abs().max()) < tolerance


@every_operator
def test_folding_in_bfloat16_is_as_good_as_its_rounding(dims: int, size: str, version: str):
    """Not worse than keys and values formed in bfloat16, which is what it replaces."""
    made, x = operator(dims, size, version=version).float(), features(dims).float()
    exact = directly(made, x).detach()
    with torch.autocast("cpu", torch.bfloat16):
        folded = made(x).float()
    assert float((folded - exact).detach().abs().max() / exact.detach().abs().max()) < 3 * 2**-8


@pytest.mark.parametrize("divide_by", ["queries", "keys"])
@pytest.mark.parametrize("normalised", [False, True])
def test_options_of_the_papers_equal_the_attention_map(divide_by: str, normalised: bool):
    made = operator(3, "up", divide_by=divide_by, normalised=normalised)
    x = features(3)
    torch.testing.assert_close(made(x), directly(made, x), rtol=1e-10, atol=1e-12)


def test_gradients_of_the_folded_operator_are_those_of_the_direct_one():
    made, x = operator(3, "up"), features(3).requires_grad_()
    folded = torch.autograd.grad(made(x).square().sum(), [x, *made.parameters()])
    direct = torch.autograd.grad(directly(made, x).square().sum(), [x, *made.parameters()])
    for one, other in zip(folded, direct, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-10)


@every_operator
def test_sums_of_tiles_give_the_tiles_of_the_whole(dims: int, size: str, version: str):
    """Tiles of an operator need nothing of one another but their sums."""
    made = operator(dims, size, version=version)
    x = 3 * torch.randn((1, 8, 12, *SIZES[dims][1:]), dtype=torch.float64)
    whole, halves = made(x), x.split(6, dim=2)
    together = sum(made.sums(half) for half in halves)
    torch.testing.assert_close(together, made.sums(x), rtol=1e-12, atol=1e-12)
    first_half = made(halves[0], together)
    inner = first_half.shape[2] - (2 if size in ("down", "up") else 0)  # the query sees the cut
    assert inner > 0
    torch.testing.assert_close(
        first_half[:, :, :inner], whole[:, :, :inner], rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("dims", [2, 3])
def test_same_size_operator_does_not_know_where_a_voxel_is(dims: int):
    """Permuting the voxels of the input permutes the output: no position enters the operator."""
    made, x = operator(dims, "same"), features(dims)
    order = torch.randperm(x[0, 0].numel(), generator=torch.Generator().manual_seed(3))

    def permuted(t: torch.Tensor) -> torch.Tensor:
        return t.flatten(2)[..., order].reshape(t.shape)

    torch.testing.assert_close(made(permuted(x)), permuted(made(x)), rtol=1e-10, atol=1e-12)


def test_every_voxel_sees_every_other():
    made, x = operator(3, "same"), torch.rand((1, 8, 4, 6, 2), dtype=torch.float64)
    x.requires_grad_()
    made(x)[0, :, 0, 0, 0].sum().backward()
    assert (x.grad.abs().sum(dim=1) > 0).all()


def test_parameter_counts_are_those_of_the_paper():
    def count(dims: int, channels: tuple[int, int], size: str = "same") -> int:
        options = GlobalOptions(heads=2)
        made = GlobalVoxelTransformer(dims, *channels, size=size, options=options)
        return sum(p.numel() for p in made.parameters())

    assert count(3, (128, 128)) == 66_048
    assert count(3, (128, 64), "up") == 241_920
    assert count(2, (64, 32), "up") == 23_680
    assert count(3, (8, 8), "up4") == 216


def test_impossible_channels_are_refused():
    with pytest.raises(UsageError, match="heads"):
        GlobalVoxelTransformer(3, 6, 6, options=GlobalOptions(heads=4))
    with pytest.raises(ValueError, match="keeps the number"):
        GlobalVoxelTransformer(3, 6, 8)
