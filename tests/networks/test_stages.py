"""Layer tables say what the network really does."""

import pytest
import torch
from torch import nn

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.domain.parameters import validated_values
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.layers.convolutions import HalvingConvolution
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.networks.layers.stages import explanation_of, small_input, stages_of, words_for
from tests.networks.rows import built, every

NEEDS = PredictionNeeds((2, 2), (1, 1), streams_exactly=True, smallest_patch=(20, 1))


class Inner(Network):
    """A network within a network."""

    def __init__(self) -> None:
        super().__init__(NEEDS)
        self.smooth = nn.Conv2d(4, 4, 3, padding=1)

    def evaluate(self, x: torch.Tensor) -> torch.Tensor:
        return self.smooth(x)


class Outer(Network):
    """Works in another order than its layers were registered in."""

    def __init__(self) -> None:
        super().__init__(NEEDS, in_channels=3)
        self.head = nn.Conv2d(4, 1, 1)
        self.gain = nn.Parameter(torch.ones(5))
        self.inner = Inner()
        self.downs = nn.ModuleList([HalvingConvolution(2, 3, 4), nn.BatchNorm2d(4)])
        self.up = nn.Upsample(scale_factor=2)
        self.only_in_training = nn.Linear(2, 2)
        self.again = self.inner.smooth

    def evaluate(self, x: torch.Tensor) -> Restored:
        for layer in self.downs:
            x = layer(x)
        x = self.again(self.inner.evaluate(x))
        return Restored(self.head(self.up(x)).sum(dim=2, keepdim=True) * self.gain.sum())


@every
def test_stages_own_every_parameter_of_the_network(name: str):
    spec = ARCHITECTURES[name]
    network = built(name)
    channels = validated_values(spec.parameters, {}).get("in_channels", 1)
    stages = stages_of(network, small_input(spec.needs, channels))
    assert sum(stage.parameter_count for stage in stages) == spec.parameter_count
    assert stages[0].channels
    assert all(stage.words for stage in stages)
    assert all(stage.size for stage in stages if stage.channels)
    assert len(stages) > 4, "a layer that is nearly the whole network explains nothing"


def test_stages_come_in_order_of_work_with_channels_size_and_parameters():
    network = Outer().train()
    threads = torch.get_num_threads()
    stages = stages_of(network, small_input(network.needs, 3))
    found = [(s.name, s.channels, "×".join(s.size), s.parameter_count) for s in stages]
    assert found == [
        ("downs.0", 4, "1/2×1/2", 108),
        ("downs.1", 4, "1/2×1/2", 8),
        ("inner.smooth", 4, "1/2×1/2", 148),
        ("again", 4, "1/2×1/2", 0),
        ("up", 4, "1×1", 0),
        ("head", 1, "1×1", 5),
        ("only_in_training", None, "", 6),
        ("", None, "", 5),
    ]
    assert network.training
    assert torch.get_num_threads() == threads
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in network.modules())


def test_a_layer_that_works_twice_is_listed_once_and_left_alone():
    network = nn.Module()
    network.halve = nn.MaxPool2d(2)
    outputs = []
    network.forward = lambda x: outputs.append(network.halve(network.halve(x)))
    (stage,) = stages_of(network, torch.rand(1, 1, 16, 16))
    assert stage.size == ("1/2", "1/2")
    assert outputs[0].shape == (1, 1, 4, 4)


def test_axes_that_are_gone_and_sizes_that_are_no_fraction_are_told():
    class Summed(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.sum(dim=2)

    network = nn.Module()
    network.whole, network.summed, network.cut = nn.Conv3d(1, 2, 1), Summed(), nn.Conv2d(2, 2, 3)
    network.forward = lambda x: network.cut(network.summed(network.whole(x)))
    stages = stages_of(network, torch.zeros(1, 1, 4, 16, 16))
    assert [stage.size for stage in stages] == [
        ("1", "1", "1"), ("–", "1", "1"), ("–", "about 1", "about 1"),
    ]  # fmt: skip


def test_planes_that_are_worked_on_one_by_one_keep_their_axis():
    network = nn.Module()
    network.plane = nn.Conv2d(1, 2, 2, stride=2)
    network.forward = lambda x: network.plane(x.transpose(1, 2).flatten(0, 1))
    (stage,) = stages_of(network, torch.zeros(1, 1, 4, 16, 16))
    assert (stage.channels, stage.size) == (2, ("1", "1/2", "1/2"))


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (nn.Conv3d(2, 2, (3, 5, 5), stride=2), "3 × 5 × 5-wide convolution, stride 2"),
        (nn.Conv2d(4, 4, 3, groups=4), "3-wide convolution, 4 groups"),
        (nn.ConvTranspose2d(2, 2, 4, stride=2), "4-wide transposed convolution, stride 2"),
        (nn.BatchNorm3d(2), "batch norm"),
        (nn.MaxPool3d((1, 4, 4)), "maximum of 1 × 4 × 4"),
        (nn.MaxPool2d(2), "maximum of 2 per axis"),
        (nn.Upsample(scale_factor=2, mode="bilinear"), "bilinear upsampling × 2"),
        (nn.PixelShuffle(2), "PixelShuffle"),
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU()), "3-wide convolution, ReLU"),
        (HalvingConvolution(2, 1, 1), "halving convolution"),
    ],
)
def test_layers_are_described_in_words(layer: nn.Module, words: str):
    assert words_for(layer) == words


def test_our_layers_are_explained_by_their_first_sentence_without_shapes():
    assert explanation_of(HalvingConvolution(2, 1, 1)) == "Convolution with stride 2"
    assert explanation_of(nn.Conv2d(1, 1, 1)) == ""


def test_small_input_need_not_be_mirrored():
    assert small_input(NEEDS, 3).shape == (1, 3, 80, 16)
    needs = PredictionNeeds((16, 1), (1, 1), streams_exactly=True, smallest_size=(8, 50))
    assert small_input(needs, 1).shape == (1, 1, 32, 50)
