"""How many planes a second reach the viewer while it scrolls.

Run with ``python -m tests.benchmarks.viewer --folder DIR`` on a quiet machine. A TIFF of 512 × 512
× 512 voxels is scrolled from memory; then files beyond the memory for viewing, by default of 20 GB,
written with holes so that they take little room: a NumPy file, and an OME-Zarr with coarser copies.
Each is scrolled in two ways: the next plane is asked for when one has come, and planes are asked
for 60 times a second whether they come or not, as a hand on the wheel does. No window is opened.
"""

import argparse
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
import tifffile
import zarr
from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer

from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName
from gvtstudio.imaging.panel.projection import SLICE, Projection
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.services.plane_cache import MEGABYTE, PlaneCache
from gvtstudio.services.plane_values import PlaneRequest, PlaneResult, ReadFailure, VolumeKey

SIDE = 2048
LEVELS = 5
WHEEL_MS = 16
LONGEST_S = 60
LIMIT_MB = 1024


class Scroller:
    """Asks for planes of one stack and counts those that come.

    Args:
        path: The stack.
    """

    def __init__(self, path: Path) -> None:
        self._stack = inspect_stack(path)
        self._cache = PlaneCache(LIMIT_MB)
        begin = time.perf_counter()
        self._key = VolumeKey(self._cache.open(str(path)), 0, 0)
        self.opening_ms = (time.perf_counter() - begin) * 1e3
        self._arrived: list[tuple[float, PlaneResult]] = []
        self._largest = 0
        self._cache.plane_ready.connect(self._note)
        self._cache.read_failed.connect(_give_up)

    def close(self) -> None:
        """Free the file."""
        self._cache.close_all()

    @property
    def most_megabytes(self) -> float:
        """Most that was held."""
        return self._largest / MEGABYTE

    def first(self, plane: PlaneName, projection: Projection = SLICE) -> str:
        """Time until the middle plane is there: first by a coarser copy, then itself."""
        _, depth, _, height, width = self._stack.shape
        middle = (depth, height, width)[PLANES[plane].across] // 2
        self._arrived.clear()
        begin = time.perf_counter()
        self._cache.request(PlaneRequest("first", self._key, plane, middle, projection))
        found = _wait(lambda: any(not result.level for _, result in self._arrived))
        coarse = [at for at, result in self._arrived if result.level]
        words = f"coarse after {coarse[0] - begin:.2f} s, " if coarse else ""
        exact = f"{self._arrived[-1][0] - begin:.2f} s" if found else f"not in {LONGEST_S} s"
        self._cache.forget_slot("first")
        return f"{plane} {projection.kind}: {words}itself after {exact}"

    def one_by_one(self, plane: PlaneName, count: int) -> float:
        """Planes a second where each is waited for, neighbours one after the other."""
        begin = time.perf_counter()
        for position in self._positions(plane, count):
            self._arrived.clear()
            self._cache.request(PlaneRequest("scroll", self._key, plane, position))
            _wait(lambda: any(not result.level for _, result in self._arrived))
        self._cache.forget_slot("scroll")
        return count / (time.perf_counter() - begin)

    def by_wheel(self, plane: PlaneName, count: int) -> tuple[float, float]:
        """Pictures a second of any level, and whole planes a second, asked for at 60 a second."""
        self._arrived.clear()
        begin = time.perf_counter()
        for position in self._positions(plane, count):
            self._cache.request(PlaneRequest("wheel", self._key, plane, position))
            _spend(WHEEL_MS)
        seconds = time.perf_counter() - begin
        whole = sum(not result.level for _, result in self._arrived)
        shown = len({result.request.position for _, result in self._arrived})
        self._cache.forget_slot("wheel")
        return shown / seconds, whole / seconds

    def settle(self) -> None:
        """Wait until no thread reads."""
        _wait(lambda: self._cache._pool.activeThreadCount() == 0)

    def _positions(self, plane: PlaneName, count: int) -> range:
        _, depth, _, height, width = self._stack.shape
        length = (depth, height, width)[PLANES[plane].across]
        return range(length // 4, min(length, length // 4 + count))

    def _note(self, result: PlaneResult) -> None:
        self._arrived.append((time.perf_counter(), result))
        self._largest = max(self._largest, self._cache.used_bytes)


def _give_up(failure: ReadFailure) -> None:
    raise SystemExit(failure.sentence)


def _wait(is_there: Callable[[], bool]) -> bool:
    """Handle events until something is there, or too long."""
    end = time.perf_counter() + LONGEST_S
    while not is_there() and time.perf_counter() < end:
        _spend(1)  # asleep: a busy thread would keep the reading ones from running
    return bool(is_there())


def _spend(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def look_at(name: str, path: Path, count: int) -> None:
    """Print all numbers of a stack."""
    scroller = Scroller(path)
    print(f"{name}: open returns after {scroller.opening_ms:.2f} ms")
    for plane, projection in product(PLANES, (SLICE, Projection("max", 16))):
        print(f"    {scroller.first(plane, projection)}")
    scroller.settle()
    for plane in PLANES:
        waited = scroller.one_by_one(plane, count)
        shown, whole = scroller.by_wheel(plane, count)
        print(f"    {plane}: {waited:.0f} planes/s; wheel {shown:.0f} shown/s, {whole:.0f} whole/s")
    print(f"    at most {scroller.most_megabytes:.0f} of {LIMIT_MB} MB held")
    scroller.close()


def write_cube(path: Path) -> None:
    """512³ voxels of noise as an uncompressed TIFF."""
    cube = np.random.default_rng(0).integers(0, 4096, (512, 512, 512), dtype=np.uint16)
    tifffile.imwrite(path, cube, imagej=True, metadata={"axes": "ZYX"})


def write_sparse_array(path: Path, gigabytes: float) -> None:
    """A NumPy file with nothing but its header."""
    shape = (planes_of(gigabytes), SIDE, SIDE)
    with path.open("wb") as file:
        header = {"descr": "<u2", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + int(np.prod(shape, dtype=np.int64)) * 2)


def write_pyramid(path: Path, gigabytes: float) -> None:
    """Levels of half the size each, in chunks as the exporter makes; few of them hold voxels."""
    shape, datasets = (planes_of(gigabytes), SIDE, SIDE), []
    for level in range(LEVELS):
        sizes = tuple(size >> level for size in shape)
        array = zarr.create_array(
            path / str(level), shape=sizes, dtype="u2", chunks=(8, 256, 256), fill_value=0
        )
        middle = sizes[0] // 2 // 8 * 8
        noise = np.random.default_rng(level).integers(0, 4096, (8, *sizes[1:]), dtype=np.uint16)
        for start in (middle, sizes[0] // 4 // 8 * 8):
            array[start : start + 8] = noise
        scale = {"type": "scale", "scale": [0.3 * 2**level] * 3}
        datasets.append({"path": str(level), "coordinateTransformations": [scale]})
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
    image = {"axes": axes, "datasets": datasets}
    zarr.create_group(path, attributes={"ome": {"version": "0.5", "multiscales": [image]}})


def planes_of(gigabytes: float) -> int:
    """How many planes a stack of that size has."""
    return max(64, round(gigabytes * 1e9 / (2 * SIDE * SIDE)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=20.0)
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    parser.add_argument("--planes", type=int, default=100)
    options = parser.parse_args()
    application = QCoreApplication([])
    load = psutil.getloadavg()[0]
    print(f"load {load:.1f} on {psutil.cpu_count()} cores")
    with TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        write_cube(folder / "cube.tif")
        look_at("TIFF of 512³ in memory", folder / "cube.tif", options.planes)
        write_sparse_array(folder / "large.npy", options.gigabytes)
        look_at("NumPy beyond the memory", folder / "large.npy", options.planes)
        write_pyramid(folder / "large.ome.zarr", options.gigabytes)
        look_at("OME-Zarr beyond the memory", folder / "large.ome.zarr", options.planes)
    application.quit()


if __name__ == "__main__":
    main()
