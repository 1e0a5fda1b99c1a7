import itertools

import pytest
import torch
from torch.nn import functional

from gvtstudio.domain.errors import StackUnsuitable, UsageError
from gvtstudio.networks.gt_unet.net import GlobalTransformerUNet, build
from gvtstudio.networks.gt_unet.spec import PARTS
from gvtstudio.networks.layers.multi_scale_input import multi_scale
from gvtstudio.networks.layers.network import mirrored

SMALL = {"in_channels": 2, "targets": 3, "classes": 5, "growth": 4}


def small(**parameters) -> GlobalTransformerUNet:
    torch.manual_seed(0)
    network = GlobalTransformerUNet(**SMALL, **parameters).double().eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network


def plain_scores(state: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """The table of MODELS §3.1, with weights taken one after the other."""
    weights = iter(t for name, t in state.items() if not name.endswith("num_batches_tracked"))

    def take(count: int) -> list[torch.Tensor]:
        return list(itertools.islice(weights, count))

    def unit(x):
        w, b, gamma, beta, mean, variance = take(6)
        y = functional.conv2d(x, w, b, padding=w.shape[-1] // 2)
        y = (y - mean[:, None, None]) / (variance[:, None, None] + 1e-5).sqrt()
        return torch.relu(gamma[:, None, None] * y + beta[:, None, None])

    def dense(x, layers):
        for _ in range(layers):
            x = torch.cat([x, unit(x)], 1)
        return x

    def attend(x, size):
        w, b, wk, bk, wv, bv = take(6)
        if size == "same":
            q = functional.conv2d(x, w, b, padding=1)
        elif size == "down":
            q = functional.conv2d(functional.pad(x, (0, 1, 0, 1)), w, b, stride=2)
        else:
            q = functional.conv_transpose2d(x, w, b, stride=2)[..., :-1, :-1]
        k, v = functional.conv2d(x, wk, bk), functional.conv2d(x, wv, bv)
        weights = torch.softmax(k.flatten(2).transpose(1, 2) @ q.flatten(2), dim=1)
        return (v.flatten(2) @ weights).reshape(len(x), -1, *q.shape[2:])

    a = unit(dense(functional.conv2d(x, *take(2)), 2))
    b = attend(a, "down")
    b = unit(dense(b, 4))
    c = attend(b, "down")
    c = unit(dense(c, 8))
    d = attend(c, "down")
    d = attend(dense(d, 8), "same")
    d = dense(unit(torch.cat([attend(d, "up"), c], 1)), 4)
    d = dense(unit(torch.cat([attend(d, "up"), b], 1)), 2)
    d = dense(unit(torch.cat([attend(d, "up"), a], 1)), 1)
    scores = torch.stack([functional.conv2d(d, *take(2)) for _ in range(SMALL["targets"])], 1)
    assert next(weights, None) is None
    return scores


def test_equals_the_plain_network_with_the_same_weights():
    network = small()
    surroundings = torch.rand((2, 2, 32, 48), dtype=torch.float64)
    with torch.no_grad():
        scores = network.evaluate_centre(surroundings).scores
        expected = plain_scores(network.state_dict(), multi_scale(surroundings))
    assert scores.shape == (2, 3, 5, 16, 24)
    torch.testing.assert_close(scores, expected, rtol=0, atol=1e-10)


def test_stages_have_the_channels_and_sizes_of_the_paper():
    network = GlobalTransformerUNet().eval()
    shapes = {}
    for name, stage in network.named_children():
        stage.register_forward_hook(
            lambda _, __, output, name=name: shapes.update({name: tuple(output.shape[1:3])})
        )
    with torch.no_grad():
        network.evaluate_centre(torch.rand((1, 13, 32, 32)))
    assert shapes == {
        "stem": (32, 16), "encoder1": (64, 16), "down1": (64, 8), "encoder2": (128, 8),
        "down2": (128, 4), "encoder3": (256, 4), "down3": (256, 2), "bottom": (384, 2),
        "up3": (192, 4), "decoder3": (288, 4), "up2": (144, 8), "decoder2": (168, 8),
        "up1": (84, 16), "decoder1": (90, 16), "heads": (8, 256),
    }  # fmt: skip


def test_core_and_heads_have_the_parameters_of_the_paper():
    network = GlobalTransformerUNet()
    counts = {
        name: sum(p.numel() for p in stage.parameters()) for name, stage in network.named_children()
    }
    stem, heads = counts.pop("stem"), counts.pop("heads")
    assert (stem, sum(counts.values()), heads) == (1_280, 6_355_266, 186_368)


def test_dropout_is_off_in_prediction():
    network = small(dropout=0.9)
    x = torch.rand((1, 2, 16, 32), dtype=torch.float64)
    assert torch.equal(network(x).scores, network(x).scores)
    network.train()
    assert not torch.equal(network(x).scores, network(x).scores)


@pytest.mark.parametrize("size", [(1, 1), (7, 30), (16, 24)])
def test_any_size_comes_back(size: tuple[int, int]):
    scores = small()(torch.rand((1, 2, *size), dtype=torch.float64)).scores
    assert scores.shape == (1, 3, 5, *size)
    assert torch.isfinite(scores).all()


def test_whole_images_are_surrounded_by_their_mirror_images():
    network = small()
    x = torch.rand((1, 2, 16, 24), dtype=torch.float64)
    surroundings = mirrored(x, [(8, 8), (12, 12)])
    torch.testing.assert_close(network(x).scores, network.evaluate_centre(surroundings).scores)


def test_true_surroundings_matter():
    network = small()
    surroundings = torch.rand((1, 2, 32, 32), dtype=torch.float64)
    other = surroundings.clone()
    other[..., :4, :] += 1
    difference = (
        network.evaluate_centre(other).scores - network.evaluate_centre(surroundings).scores
    )
    assert float(difference.detach().abs().max()) > 1e-6


def test_patches_that_do_not_divide_are_refused_with_a_remedy():
    with pytest.raises(UsageError, match="32 × 40") as refused:
        small().evaluate_centre(torch.rand((1, 2, 32, 40), dtype=torch.float64))
    assert "multiples of 16" in refused.value.remedy


def test_surroundings_with_other_planes_are_refused_in_words():
    with pytest.raises(StackUnsuitable, match="2 channels"):
        small().evaluate_centre(torch.rand((1, 3, 32, 32), dtype=torch.float64))


def test_scales_share_their_centre_and_keep_their_brightness():
    """A ramp is the same ramp at every scale: half, once and twice as steep."""
    ramp = torch.arange(64, dtype=torch.float64).expand(1, 1, 64, 64)
    enlarged, patch, reduced = multi_scale(ramp)[0]
    assert enlarged.shape == (32, 32)
    centred = patch[16] - 31.5
    torch.testing.assert_close(patch[16], ramp[0, 0, 0, 16:48])
    inside = slice(2, -2)
    torch.testing.assert_close((enlarged[16] - 31.5)[inside], centred[inside] / 2)
    torch.testing.assert_close((reduced[16] - 31.5)[inside], centred[inside] * 2)


def test_reducing_averages_instead_of_skipping_pixels():
    stripes = torch.arange(64, dtype=torch.float64).remainder(2).expand(1, 1, 64, 64)
    reduced = multi_scale(stripes)[0, 2]
    torch.testing.assert_close(reduced[:, 2:-2], torch.full((32, 28), 0.5, dtype=torch.float64))


def test_windows_that_cannot_be_halved_are_refused():
    assert build(window=24, **SMALL).needs.window == 24
    with pytest.raises(UsageError, match="20 pixels wide") as refused:
        build(window=20, **SMALL)
    assert "multiple of 8" in refused.value.remedy


def test_while_it_learns_it_is_given_the_true_surroundings():
    network = small()
    surroundings = torch.rand((1, 2, 32, 32), dtype=torch.float64)
    centre = network.evaluate_centre(surroundings).scores
    assert network(surroundings).scores.shape[-1] == 32
    network.is_shown_surroundings = True
    torch.testing.assert_close(network(surroundings).scores, centre)


def test_half_precision_sees_the_same_scales():
    x = torch.rand((1, 1, 32, 32))
    half = multi_scale(x.bfloat16())
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), multi_scale(x), rtol=0, atol=0.01)


def test_every_part_taken_away_leaves_a_network_that_learns():
    x = torch.rand(1, 2, 32, 32)
    counts = []
    for parts in PARTS:
        torch.manual_seed(0)
        network = GlobalTransformerUNet(**SMALL, parts=parts)
        scores = network(x).scores
        assert scores.shape == (1, 3, 5, 32, 32)
        scores.square().mean().backward()
        assert all(p.grad is not None for p in network.parameters())
        counts.append(sum(p.numel() for p in network.parameters()))
    assert counts[0] == counts[1]  # the same weights, otherwise scaled
    assert len(set(counts)) == len(PARTS) - 1
    assert network.stem.weight.shape[1] == 2


def test_a_single_scale_sees_no_surroundings():
    torch.manual_seed(0)
    network = GlobalTransformerUNet(**SMALL, parts="single-scale").eval()
    surroundings = torch.rand(1, 2, 64, 64)
    other = surroundings.clone()
    other[..., :8, :] += 1
    with torch.inference_mode():
        one, two = (network.evaluate_centre(each).scores for each in (surroundings, other))
    torch.testing.assert_close(one, two)
