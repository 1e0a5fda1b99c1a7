"""How fast stacks are written to each format and read again, as ratios taken in one run.

Run with ``python -m tests.benchmarks.files --gigabytes 2 --folder DIR`` on a quiet machine. A stack
of photon noise on a smooth pattern is written by every exporter and, for comparison, its bytes are
copied from one plain file to another on the same disk just before. Exports and copies end when the
disk has all; the second number of the copies is that of a copy that stays in memory. Then each file
is opened and its first, its middle and an XZ plane are read by a fresh process, after the system
was told to forget the file.

With ``--large GIGABYTES`` files of that size with holes are opened instead, which takes no time to
write and little room.
"""

import argparse
import math
import multiprocessing
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import zarr
from tifffile import imwrite

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.export import export_stack
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.exports.zarr_chunks import create_zarr_array
from gvtstudio.io.exports.zarr_pyramid import plan_layout
from gvtstudio.io.stacks import open_stack

PLANE = 2048
_COPIED_BYTES = 1 << 24
_TRIES = 3


class NoisyStack:
    """Planes of photon noise; they repeat, so that making them takes no time.

    Args:
        plane_count: Along Z.
    """

    def __init__(self, plane_count: int) -> None:
        y, x = np.mgrid[:PLANE, :PLANE] / 40
        rate = 40 * (1 + np.sin(x) * np.cos(y))
        random = np.random.default_rng(0)
        self.planes = [100 + random.poisson(rate).astype(np.uint16) for _ in range(4)]
        self.info = StackInfo(
            path="benchmark.tif",
            shape=(1, plane_count, 1, PLANE, PLANE),
            dtype="uint16",
            channels=default_channels(1),
            calibration=Calibration(0.3, 0.1, 0.1, source="file"),
        )

    def read(self, region: Region) -> np.ndarray:
        """(T, Z, C, Y, X)."""
        planes = [self.planes[z % 4] for z in range(*region.z)]
        return np.stack(planes)[None, :, None, slice(*region.y), slice(*region.x)]

    def close(self) -> None:
        """Nothing to free."""


def write_plain(stack: NoisyStack, path: Path) -> None:
    """The bytes of a stack and nothing else."""
    with path.open("wb") as file:
        for z in range(stack.info.shape[1]):
            file.write(stack.read(Region.whole(stack.info.shape).only(z=z)).data)


def seconds_to_copy(source: Path) -> tuple[float, float]:
    """Copy a file onto the disk, and into memory alone."""
    target = source.with_name("copy")
    begin = time.perf_counter()
    with source.open("rb") as read, target.open("wb") as written:
        shutil.copyfileobj(read, written, _COPIED_BYTES)
        written.flush()
        in_memory = time.perf_counter() - begin
        os.fsync(written.fileno())
    on_disk = time.perf_counter() - begin
    target.unlink()
    return on_disk, in_memory


def files_of(path: Path) -> Iterator[Path]:
    """The file, or all files of the folder."""
    if path.is_dir():
        yield from (file for file in path.rglob("*") if file.is_file())
    else:
        yield path


def forget(path: Path) -> None:
    """Let the system drop what it keeps of a file in memory."""
    for file in files_of(path):
        with file.open("rb") as opened:
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def seconds_to_look(path: Path, answers: "multiprocessing.Queue[dict[str, float]]") -> None:
    """Runs in a fresh process, as the window does it: open, then plane by plane."""
    found = {}
    begin = time.perf_counter()
    with closing(open_stack(path)) as stack:
        found["open"] = time.perf_counter() - begin
        whole = Region.whole(stack.info.shape)
        for name, region in (
            ("first plane", whole.only(z=0)),
            ("middle plane", whole.only(z=whole.z[1] // 2)),
            ("XZ plane", whole.only(y=PLANE // 2)),
        ):
            begin = time.perf_counter()
            stack.read(region)
            found[name] = time.perf_counter() - begin
    answers.put(found)


def look(path: Path) -> dict[str, float]:
    """Seconds to open and to read planes of a file nobody has read yet."""
    forget(path)
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[dict[str, float]] = context.Queue()
    process = context.Process(target=seconds_to_look, args=(path, answers))
    process.start()
    found = answers.get()
    process.join()
    return found


def measure(stack: NoisyStack, folder: Path, formats: list[str]) -> None:
    """Print two lines for each format."""
    size = stack.info.byte_count
    print(f"{size / 1e9:.2f} GB, {os.cpu_count()} cores")
    plain = folder / "plain"
    write_plain(stack, plain)
    provenance = Provenance(program="benchmark")
    for name in formats:
        path = folder / f"stack{EXPORTERS[name].extension}"
        tries = []
        for _ in range(_TRIES):  # other programs may use the disk meanwhile: the quickest counts
            copies = seconds_to_copy(plain)
            begin = time.perf_counter()
            export_stack(stack, path, name, provenance, overwrite=True, report=lambda *_: None)
            tries.append((time.perf_counter() - begin, *copies))
        seconds, copied, in_memory = (min(each) for each in zip(*tries, strict=True))
        files = list(files_of(path))
        share = sum(file.stat().st_size for file in files) / size
        print(
            f"{name}: written at {size / seconds / 1e6:.0f} MB/s, {copied / seconds:.0%} of the "
            f"copy at {size / copied / 1e6:.0f} MB/s ({size / in_memory / 1e6:.0f} in memory); "
            f"{len(files)} files, {share:.2f} of the bytes"
        )
        print(f"    {in_words(look(path))}")
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def in_words(seconds: dict[str, float]) -> str:
    """What took how long."""
    return ", ".join(f"{what} {value * 1e3:.0f} ms" for what, value in seconds.items())


def look_at_large(gigabytes: float, folder: Path) -> None:
    """Print how soon planes of large files are there."""
    shape = (planes_of(gigabytes), PLANE, PLANE)
    blank = repeat(np.zeros((PLANE, PLANE), np.uint16), shape[0])
    common = {
        "shape": shape, "dtype": "uint16", "photometric": "minisblack", "metadata": {"axes": "ZYX"}
    }  # fmt: skip
    written = {
        "OME-TIFF": partial(imwrite, folder / "a.ome.tif", bigtiff=True, **common),
        "OME-TIFF, packed": partial(
            imwrite, folder / "b.ome.tif", blank, bigtiff=True, compression="zlib", **common
        ),
        "ImageJ": partial(imwrite, folder / "c.tif", imagej=True, truncate=True, **common),
        "OME-Zarr": partial(write_large_zarr, folder / "d.ome.zarr", shape),
    }
    for name, write in written.items():
        write()
        (path,) = folder.iterdir()
        print(f"{name} of {math.prod(shape) * 2 / 1e9:.1f} GB: {in_words(look(path))}")
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def write_large_zarr(path: Path, shape: tuple[int, int, int]) -> None:
    """As the exporter lays it out; only what lies in the first and the middle file is there."""
    layout = plan_layout((1, 1, *shape), 2)
    shards = None if layout.shards is None else layout.shards[2:]
    level = path / "0"
    create_zarr_array(level, shape, np.dtype("u2"), layout.chunks[2:], shards, ("z", "y", "x"))
    array = zarr.open_array(level, mode="r+")
    depth = (shards or layout.chunks[2:])[0]
    middle = shape[0] // 2 // depth * depth
    planes = np.stack(NoisyStack(4).planes * depth)[:depth]
    array[:depth] = planes
    array[middle : middle + depth] = planes
    scale = {"type": "scale", "scale": [0.3, 0.1, 0.1]}
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
    image = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": [scale]}]}
    zarr.create_group(path, attributes={"ome": {"version": "0.5", "multiscales": [image]}})


def planes_of(gigabytes: float) -> int:
    """How many planes a stack of that size has."""
    return max(1, round(gigabytes * 1e9 / (2 * PLANE * PLANE)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    parser.add_argument("--formats", nargs="+", default=list(EXPORTERS), choices=list(EXPORTERS))
    parser.add_argument("--large", type=float, help="look at files of so many gigabytes instead")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.folder) as folder:
        if options.large:
            look_at_large(options.large, Path(folder))
        else:
            measure(NoisyStack(planes_of(options.gigabytes)), Path(folder), options.formats)


if __name__ == "__main__":
    main()
