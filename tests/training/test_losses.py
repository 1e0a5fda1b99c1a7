import math

import pytest
import torch

from gvtstudio.domain.specs import load_callable
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.training.losses import LOSSES
from gvtstudio.training.losses.laplace import laplace_loss

every = pytest.mark.parametrize("name", LOSSES)


def output(offset: float, scale: float = 0.5) -> Restored:
    mean = torch.full((2, 1, 4, 4, 4), offset, requires_grad=True)
    return Restored(mean, torch.full((2, 1, 4, 4, 4), scale))


@every
def test_loss_is_smallest_at_the_target_and_differentiable(name: str):
    loss = load_callable(LOSSES[name])
    target = torch.zeros((2, 1, 4, 4, 4))
    near, far = loss(output(0.1), target), loss(output(1.0), target)
    assert torch.isfinite(near)
    assert loss(output(0.0), target) < near < far
    guess = output(1.0)
    loss(guess, target).backward()
    assert (guess.mean.grad > 0).all()


def test_laplace_is_the_published_formula():
    result = laplace_loss(output(0.3, scale=0.2), torch.zeros((2, 1, 4, 4, 4)))
    assert float(result.detach()) == pytest.approx(0.3 / 0.2 + math.log(0.2))


def test_laplace_is_smallest_where_the_scale_is_the_error():
    target = torch.zeros((2, 1, 4, 4, 4))
    losses = {
        scale: float(laplace_loss(output(0.3, scale), target).detach()) for scale in (0.2, 0.3, 0.4)
    }
    assert min(losses, key=losses.get) == 0.3


def test_laplace_needs_the_scale_head():
    with pytest.raises(ValueError, match="scale head"):
        laplace_loss(Restored(torch.zeros(1), None), torch.zeros(1))
