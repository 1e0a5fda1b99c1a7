import pytest
import torch

from gvtstudio.networks.care_projection.net import build
from tests.networks.reach import reach
from tests.networks.reference import Weights, assert_equal, drawn_at_random


def quadrupled(x: torch.Tensor) -> torch.Tensor:
    return x.repeat_interleave(2, dim=-2).repeat_interleave(2, dim=-1)


def surface_written_out(x: torch.Tensor, weights: Weights) -> tuple[torch.Tensor, torch.Tensor]:
    h = x
    for _ in range(4):
        h = torch.relu(weights.convolved(h))
        h = torch.maximum(h[..., 0::2, :], h[..., 1::2, :])
        h = torch.maximum(h[..., 0::2], h[..., 1::2])
    h = torch.relu(weights.convolved(h))
    for _ in range(4):
        h = torch.relu(weights.convolved(quadrupled(h)))
    grown = torch.exp(weights.convolved(h))
    shares = grown / grown.sum(dim=2, keepdim=True)
    height = sum(plane * shares[:, :, plane] for plane in range(x.shape[2]))
    return torch.einsum("bozyx,bczyx->bcyx", shares, x), height


def test_equals_an_independent_implementation_with_the_same_weights():
    network = drawn_at_random(build(base_channels=4, in_channels=2))
    x = torch.randn((2, 2, 5, 16, 32), dtype=torch.float64)
    sheet = network.projection(x)
    weights = Weights(network.projection)
    image, height = surface_written_out(x, weights)
    assert weights.are_used_up()
    assert_equal(sheet.image, image)
    assert_equal(sheet.height, height)
    assert_equal(network(x).mean, network.restoration(sheet.image).mean)


def test_the_projecting_part_has_the_published_size():
    network = build()
    assert sum(p.numel() for p in network.projection.parameters()) == 14_329
    assert sum(p.numel() for p in network.restoration.parameters()) == 922_977


@pytest.mark.parametrize("plane", [0, 3, 5])
def test_height_is_the_plane_that_was_chosen(plane: int, monkeypatch: pytest.MonkeyPatch):
    network = build(base_channels=4)
    scores = torch.full((1, 1, 6, 16, 16), -100.0)
    scores[:, :, plane] = 0
    monkeypatch.setattr(network.projection, "scores", lambda x: scores)
    x = torch.rand(1, 1, 6, 16, 16)
    sheet = network.projection(x)
    torch.testing.assert_close(sheet.height, torch.full((1, 1, 16, 16), float(plane)))
    torch.testing.assert_close(sheet.image, x[:, :, plane])


@pytest.mark.parametrize("size", [(1, 1, 1), (7, 13, 21), (2, 16, 33)])
def test_any_volume_becomes_an_image_with_a_height(size: tuple[int, int, int]):
    network = build(base_channels=4, has_scale_head=True)
    projected = network(torch.rand((2, 1, *size)))
    for t in projected:
        assert t.shape == (2, 1, *size[1:])
    assert (projected.height >= 0).all()
    assert (projected.height <= size[0] - 1 + 1e-5).all()
    assert (projected.scale >= 1e-3).all()


def test_one_column_decides_about_all_its_planes():
    network = drawn_at_random(build(base_channels=4))
    x = torch.rand((1, 1, 40, 16, 16), dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(network(x).mean[..., 8, 8].sum(), x)
    assert (gradient.abs().sum(dim=(0, 1, 3, 4)) > 0).all()


@pytest.mark.parametrize("axis", [1, 2])
def test_declared_receptive_field_is_the_real_one(axis: int):
    network = build(base_channels=2).eval()
    assert reach(network, axis, 256) == network.needs.receptive_field[axis]


def test_tile_of_whole_columns_equals_the_whole():
    network = drawn_at_random(build(base_channels=4))
    x = torch.randn((1, 1, 3, 16, 304), dtype=torch.float64)
    with torch.no_grad():
        tile, whole = network(x[..., 32:272]), network(x)
    for part, all_of_it in zip(tile[:2], whole[:2], strict=True):
        torch.testing.assert_close(
            part[..., 112:128], all_of_it[..., 144:160], rtol=1e-12, atol=1e-13
        )
