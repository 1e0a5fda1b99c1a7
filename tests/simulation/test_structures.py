import pytest
import torch

from gvtstudio.simulation.structures import Field, splat


def make_field() -> Field:
    return Field((4, 6, 5), (0.5, 0.2, 0.1), torch.Generator().manual_seed(0))


def test_a_point_on_a_voxel_lights_that_voxel_alone():
    drawn = splat(make_field(), torch.tensor([[1.0, 0.6, 0.4]]), torch.tensor([3.0]))
    assert float(drawn[2, 3, 4]) == pytest.approx(3.0, rel=1e-5)
    assert float(drawn.sum()) == pytest.approx(3.0, rel=1e-5)


def test_a_point_between_voxels_is_shared_among_eight():
    drawn = splat(make_field(), torch.tensor([[0.75, 0.5, 0.15]]), torch.tensor([8.0]))
    torch.testing.assert_close(drawn[1:3, 2:4, 1:3], torch.ones(2, 2, 2), rtol=1e-4, atol=1e-4)


def test_points_outside_are_left_out():
    drawn = splat(make_field(), torch.tensor([[-3.0, 0.0, 0.0], [99.0, 0.0, 0.0]]), torch.ones(2))
    assert float(drawn.sum()) == 0
