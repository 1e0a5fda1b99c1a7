"""Borders lie half way between the points."""

import torch

from gvtstudio.simulation.structures import Field
from gvtstudio.simulation.tessellation import evenly_scattered, tessellate


def test_the_border_is_half_way_and_its_distance_is_exact():
    points = torch.tensor([[0.0, 0.0], [0.0, 10.0]])
    tissue = tessellate(points, torch.tensor([[0.0, 2.0], [3.0, 5.0], [-4.0, 9.0]]))
    assert tissue.owner[[0, 2]].tolist() == [0, 1]
    torch.testing.assert_close(tissue.edge_um, torch.tensor([3.0, 0.0, 4.0]))
    torch.testing.assert_close(tissue.centre_um[0], torch.tensor(2.0))


def test_points_are_even_and_reach_beyond_the_borders():
    field = Field((1, 10, 10), (1, 3, 4), torch.Generator().manual_seed(0))
    points = evenly_scattered(field, (30.0, 40.0), 5.0)
    assert (points.min(dim=0).values < 0).all()
    assert (points.max(dim=0).values > torch.tensor([30.0, 40.0])).all()
    apart = torch.cdist(points, points).fill_diagonal_(99).min(dim=1).values
    inside = len(points[(points > 0).all(dim=1) & (points < torch.tensor([30.0, 40.0])).all(dim=1)])
    assert 35 <= inside <= 62
    assert float(apart.mean()) > 2.5
