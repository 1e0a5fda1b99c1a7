"""How fast volumes are predicted and what memory it takes, as ratios taken in one run.

Run with ``python -m tests.benchmarks.prediction`` on a quiet machine (``--quick`` to try it). Every
number comes from a fresh process, so that memory is that of one prediction. Volumes of 1 to 100
million voxels go through the bundled network in tiles, through the same network with plain
convolutions in place of its global operators, and in one piece where that fits. Then whole
restorations, from file to file, are compared with CARE of CSBDeep, where that package is installed.
"""

import argparse
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tifffile
import torch

from gvtstudio.domain.job import Precision
from gvtstudio.io.model_shelf import find_model
from gvtstudio.prediction.model import load_model
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from tests.benchmarks.networks import memory_mib, say_machine
from tests.benchmarks.operator_variants import variants

Shape3 = tuple[int, int, int]

MODEL = "denoise-fluorescence-3d"
SHAPES: tuple[Shape3, ...] = (
    (16, 256, 256), (32, 512, 512), (64, 512, 512), (64, 1024, 1024), (96, 1024, 1024),
)  # fmt: skip
QUICK: tuple[Shape3, ...] = ((16, 64, 64), (16, 128, 128))
RESTORED: Shape3 = (64, 512, 512)
LARGEST_WHOLE = 10_000_000
"""Voxels; in one piece more take too much memory."""
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")


@dataclass(frozen=True)
class Case:
    """One prediction: ``way`` is streamed, plain or whole."""

    way: str
    shape: Shape3
    precision: Precision
    threads: int


@dataclass(frozen=True)
class Cost:
    """Seconds, and memory of the process."""

    seconds: float
    peak_mib: float
    idle_mib: float


def main() -> None:
    """Print a line per case, then the restorations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--precision", choices=PRECISIONS, nargs="*", default=[*PRECISIONS])
    parser.add_argument("--largest", type=float, default=1e9, help="most voxels of a volume")
    parser.add_argument("--repeats", type=int, default=2, help="of the whole restorations")
    options = parser.parse_args()
    say_machine(options.threads)
    for precision in options.precision:
        for shape in QUICK if options.quick else SHAPES:
            if prod(shape) <= options.largest:
                print_shape(shape, precision, options.threads)
    print_restorations(QUICK[1] if options.quick else RESTORED, options)


def print_shape(shape: Shape3, precision: Precision, threads: int) -> None:
    """All ways for one volume, compared with that in tiles."""
    ways = ["streamed", "plain"] + ["whole"] * (prod(shape) <= LARGEST_WHOLE)
    costs = {way: in_fresh_process(measured, Case(way, shape, precision, threads)) for way in ways}
    for way, cost in costs.items():
        print(
            f"{precision:9} {'×'.join(map(str, shape)):14} {way:9} {cost.seconds:8.2f} s "
            f"{prod(shape) / cost.seconds / 1e6:7.3f} Mvoxel/s, time of the streamed "
            f"{costs['streamed'].seconds / cost.seconds:5.2f} × this, peak {cost.peak_mib:6.0f} MiB"
            f" ({cost.peak_mib - cost.idle_mib:6.0f} above idle)",
            flush=True,
        )


def in_fresh_process(work, *given) -> Cost:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, *given).result()


def measured(case: Case) -> Cost:
    """One prediction after a small one that is not counted."""
    torch.set_num_threads(case.threads)
    network = load_model(find_model(MODEL)).network
    if case.way == "plain":
        network = variants(network)["plain"]
    tile = "whole" if case.way == "whole" else "auto"
    predictor = VolumePredictor(network, PredictionSettings("cpu", case.precision, tile))
    volume = np.random.default_rng(0).random(case.shape, np.float32)
    predictor.predict(volume[:16, :64, :64], ignore)
    idle = memory_mib("cpu", peak=False)
    started = time.perf_counter()
    predictor.predict(volume, ignore)
    return Cost(time.perf_counter() - started, memory_mib("cpu", peak=True), idle)


def ignore(done: int, total: int) -> None:
    """Nobody watches."""


def print_restorations(shape: Shape3, options: argparse.Namespace) -> None:
    """From file to file, alternating; the first line is what the others are compared with."""
    works = {f"GVT Studio {p}": (restored_here, p) for p in options.precision}
    if find_spec("csbdeep") is not None:
        works = {"CSBDeep CARE float32": (restored_by_csbdeep, "float32"), **works}
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = folder / "in.tif"
        noise = np.random.default_rng(0).poisson(100, shape).astype(np.uint16)
        tifffile.imwrite(source, noise, imagej=True, metadata={"axes": "ZYX"})
        for _ in range(options.repeats):
            for name, (work, precision) in works.items():
                target = folder / f"{name}.{len(costs[name])}"
                costs[name].append(
                    in_fresh_process(work, source, target, precision, options.threads)
                )
    first = min(cost.seconds for cost in next(iter(costs.values())))
    for name, several in costs.items():
        seconds = min(cost.seconds for cost in several)
        print(
            f"file to file {'×'.join(map(str, shape)):12} {name:22} {seconds:8.2f} s "
            f"{prod(shape) / seconds / 1e6:7.3f} Mvoxel/s, {first / seconds:5.2f} × the first, "
            f"peak {max(cost.peak_mib for cost in several):6.0f} MiB",
            flush=True,
        )


def restored_here(source: Path, target: Path, precision: Precision, threads: int) -> Cost:
    """With the program's own command."""
    from gvtstudio.__main__ import main as run_command

    def restore(path: Path) -> None:
        words = ["restore", str(path), "--model", MODEL, "--out", str(target)]
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as said:
            status = run_command([*words, "--device", "cpu", "--precision", precision])
        if status:
            sys.exit(said.getvalue())

    torch.set_num_threads(threads)
    restore(small_part(source, target))
    idle, started = memory_mib("cpu", peak=False), time.perf_counter()
    restore(source)
    return Cost(time.perf_counter() - started, memory_mib("cpu", peak=True), idle)


def restored_by_csbdeep(source: Path, target: Path, precision: Precision, threads: int) -> Cost:
    """With the network of CARE's examples, new weights: what it makes does not matter here."""
    import tensorflow
    from csbdeep.data import PercentileNormalizer
    from csbdeep.io import save_tiff_imagej_compatible
    from csbdeep.models import CARE, Config

    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    model = CARE(Config("ZYX", n_channel_in=1, n_channel_out=1), "care", basedir=str(target))

    def restore(path: Path) -> None:
        image = tifffile.imread(path)
        tiles = (1, *(max(1, n // 256) for n in image.shape[1:]))
        restored = model.predict(image, "ZYX", PercentileNormalizer(2, 99.8), n_tiles=tiles)
        restored = np.clip(np.rint(restored), 0, 65535).astype(np.uint16)
        save_tiff_imagej_compatible(str(target / "out.tif"), restored, axes="ZYX")

    restore(small_part(source, target))
    idle, started = memory_mib("cpu", peak=False), time.perf_counter()
    restore(source)
    return Cost(time.perf_counter() - started, memory_mib("cpu", peak=True), idle)


def small_part(source: Path, target: Path) -> Path:
    """For a restoration that is not counted: libraries prepare themselves in it."""
    path = target / "part.tif"
    target.mkdir(exist_ok=True)
    part = tifffile.imread(source)[:16, :64, :64]
    tifffile.imwrite(path, part, imagej=True, metadata={"axes": "ZYX"})
    return path


if __name__ == "__main__":
    main()
