"""How long a volume takes in each precision and tiling, as ratios taken in one run.

Run with ``python -m tests.benchmarks.prediction`` on a quiet machine.
"""

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from gvtstudio.domain.job import Precision
from gvtstudio.io.model_shelf import find_model
from gvtstudio.prediction.model import load_model
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor

SHAPE = (32, 256, 256)
TILES = ("whole", "32,128,128", "32,64,64")
REPEATS = 3
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")


def main() -> None:
    """Print seconds, voxels per second, and ratios to float32 in one piece."""
    model = load_model(find_model("denoise-fluorescence-3d"))
    volume = np.random.default_rng(0).random(SHAPE, np.float32)
    reference = 0.0
    for precision in PRECISIONS:
        for tile in TILES:
            settings = PredictionSettings("cpu", precision, tile)
            predictor = VolumePredictor(model.network, settings)
            seconds = median_seconds(partial(predictor.predict, volume, ignore))
            reference = reference or seconds
            print(
                f"{precision:9} {tile:12} {seconds:6.2f} s  {volume.size / seconds / 1e6:6.3f} "
                f"Mvoxel/s  {reference / seconds:5.2f} × float32 whole"
            )


def ignore(done: int, total: int) -> None:
    """Nobody watches."""


def median_seconds(work: Callable[[], object]) -> float:
    """The median of a few runs after one that is not counted."""
    work()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return float(np.median(times))


if __name__ == "__main__":
    main()
