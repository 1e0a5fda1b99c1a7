"""What a network takes for each voxel, counted on a small tile."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.imaging.open_volume import Box, OpenVolume, slices_of
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.footprint import BESIDE_TORCH, COUNTED_ON, SAFETY, bytes_per_voxel
from gvtstudio.prediction.memory import BESIDE_THE_TILES
from gvtstudio.prediction.model import build_network
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor

VOLUMES = PredictionNeeds((1, 1, 1), (1, 1, 1), streams_exactly=False)
IMAGES = PredictionNeeds((1, 1), (1, 1), streams_exactly=False)


def volume_of(*shape: int) -> OpenVolume:
    source = np.ones(shape, np.float32)

    def read(box: Box) -> np.ndarray:
        return source[slices_of(box)]

    return OpenVolume(shape, read, lambda box, values: None)


def test_what_is_held_at_once_is_counted_and_what_is_shared_once():
    seen: list[tuple[int, ...]] = []

    def answer(tiles: np.ndarray) -> np.ndarray:
        seen.append(tiles.shape)
        with torch.inference_mode():
            first = torch.ones(tiles.shape)
            second = first.reshape(-1) + first.view(-1)  # both see the same bytes
            del first
            third = second.double()
            fourth = third + 1
            return fourth.numpy()

    found = bytes_per_voxel(answer, volume_of(40, 200, 100), VOLUMES)
    assert seen == [(1, *COUNTED_ON)]
    assert found == pytest.approx(SAFETY * (4 + 8 + 8) + BESIDE_TORCH)


@pytest.mark.parametrize(
    ("needs", "shape", "seen_as"),
    [(VOLUMES, (4, 32, 80), (1, 4, 32, 64)), (IMAGES, (9, 32, 80), (1, 1, 32, 64))],
)
def test_voxels_are_counted_as_tiles_are(needs, shape, seen_as):
    def answer(tiles: np.ndarray) -> np.ndarray:
        assert tiles.shape == seen_as
        return torch.ones(16 * 32 * 64).numpy()  # thin stacks are mirrored to sixteen planes

    planes = 16 if needs is VOLUMES else 1
    found = bytes_per_voxel(answer, volume_of(*shape), needs)
    assert found == pytest.approx(SAFETY * 4 * 16 / planes + BESIDE_TORCH)


def footprint(name: str, precision: str, **values: int) -> float:
    network = build_network(ARCHITECTURES[name], values)
    one = VolumePredictor(network, PredictionSettings("cpu", precision))
    return bytes_per_voxel(one._answer, volume_of(16, 64, 64), network.needs)


def test_thin_networks_and_half_precision_take_less():
    name = "isotropic_generator"
    thin = footprint(name, "float32", base_channels=8) - BESIDE_TORCH
    wide = footprint(name, "float32", base_channels=16) - BESIDE_TORCH
    half = footprint(name, "bfloat16", base_channels=16) - BESIDE_TORCH
    assert 1.7 < wide / thin < 2.1
    assert 1.7 < wide / half < 2.1


GROWTH = """
import sys
import numpy as np
import torch
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor


def held(what):
    lines = open("/proc/self/status").read().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(what))


torch.set_num_threads(1)
network = build_network(ARCHITECTURES[sys.argv[1]], {"base_channels": 8})
one = VolumePredictor(network, PredictionSettings("cpu", sys.argv[2]))
one._answer(np.ones((1, 8, 32, 32), np.float32))
tile = np.ones((1, 32, 128, 128), np.float32)
before = held("VmRSS")
open("/proc/self/clear_refs", "w").write("5")  # the most from here on
one._answer(tile)
print(held("VmHWM") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the most from a moment on")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["isotropic_generator", "cnnt"])
def test_the_process_grows_by_no_more(name: str, precision: str):
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, name, precision], capture_output=True, text=True, check=True
    )
    told = footprint(name, precision, base_channels=8) * 32 * 128 * 128
    grown = int(done.stdout)
    assert grown < told + BESIDE_THE_TILES
    assert grown > 0.4 * told
