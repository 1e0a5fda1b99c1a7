import pytest
import torch
from torch import nn

from gvtstudio.training.batch_norm import NEWEST_SHARE, let_batch_norm_follow


@pytest.mark.parametrize(("steps", "share"), [(5, 1.0), (100, 0.1), (10_000_000, NEWEST_SHARE)])
def test_the_newest_batch_counts_more_in_a_short_training(steps: int, share: float):
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2, momentum=0.003))
    let_batch_norm_follow(network, steps)
    network(torch.full((1, 1, 2, 2), 3.0))
    with torch.no_grad():
        expected = share * network[0](torch.full((1, 1, 1, 1), 3.0)).flatten()
    torch.testing.assert_close(network[1].running_mean, expected)
