"""How fast stacks are written to each format and read again, as ratios taken in one run.

Run with ``python -m tests.benchmarks.files --gigabytes 2 --folder DIR`` on a quiet machine. A stack
of photon noise on a smooth pattern is written by every exporter and, for comparison, its bytes are
copied from one plain file to another on the same disk. Then each file is opened and its first, its
middle and an XZ plane are read by a fresh process, after the system was told to forget the file.
"""

import argparse
import multiprocessing
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.export import export_stack
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.stacks import open_stack

PLANE = 2048
_COPIED_BYTES = 1 << 24
_COPIES = 3


class NoisyStack:
    """Planes of photon noise; they repeat, so that making them takes no time.

    Args:
        plane_count: Along Z.
    """

    def __init__(self, plane_count: int) -> None:
        y, x = np.mgrid[:PLANE, :PLANE] / 40
        rate = 40 * (1 + np.sin(x) * np.cos(y))
        random = np.random.default_rng(0)
        self._planes = [100 + random.poisson(rate).astype(np.uint16) for _ in range(4)]
        self.info = StackInfo(
            path="benchmark.tif",
            shape=(1, plane_count, 1, PLANE, PLANE),
            dtype="uint16",
            channels=default_channels(1),
            calibration=Calibration(0.3, 0.1, 0.1, source="file"),
        )

    def read(self, region: Region) -> np.ndarray:
        """(T, Z, C, Y, X)."""
        planes = [self._planes[z % 4] for z in range(*region.z)]
        return np.stack(planes)[None, :, None, slice(*region.y), slice(*region.x)]

    def close(self) -> None:
        """Nothing to free."""


def seconds_to_copy(stack: NoisyStack, folder: Path) -> float:
    """Copy the same bytes from file to file, onto the disk and not into memory alone."""
    source, target = folder / "plain", folder / "copy"
    with source.open("wb") as file:
        for z in range(stack.info.shape[1]):
            file.write(stack.read(Region.whole(stack.info.shape).only(z=z)).data)
    seconds = []
    for _ in range(_COPIES):  # other programs may use the disk meanwhile: the quickest counts
        begin = time.perf_counter()
        with source.open("rb") as read, target.open("wb") as written:
            shutil.copyfileobj(read, written, _COPIED_BYTES)
            written.flush()
            os.fsync(written.fileno())
        seconds.append(time.perf_counter() - begin)
        target.unlink()
    source.unlink()
    return min(seconds)


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
    """Print one line for each format."""
    size = stack.info.byte_count
    copied = seconds_to_copy(stack, folder)
    print(f"{size / 1e9:.2f} GB; plain copy {copied:.1f} s, {size / copied / 1e6:.0f} MB/s")
    provenance = Provenance(program="benchmark")
    for name in formats:
        path = folder / f"stack{EXPORTERS[name].extension}"
        begin = time.perf_counter()
        export_stack(stack, path, name, provenance, overwrite=False, report=lambda *_: None)
        seconds = time.perf_counter() - begin
        files = list(files_of(path))
        share = sum(file.stat().st_size for file in files) / size
        print(
            f"{name}: written in {seconds:.1f} s, {seconds / copied:.1f} × the copy, "
            f"{size / seconds / 1e6:.0f} MB/s; {len(files)} files, {share:.2f} of the bytes"
        )
        times = ", ".join(f"{what} {value * 1e3:.0f} ms" for what, value in look(path).items())
        print(f"    {times}")
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    parser.add_argument("--formats", nargs="+", default=list(EXPORTERS), choices=list(EXPORTERS))
    options = parser.parse_args()
    planes = max(1, round(options.gigabytes * 1e9 / (2 * PLANE * PLANE)))
    with TemporaryDirectory(dir=options.folder) as folder:
        measure(NoisyStack(planes), Path(folder), options.formats)


if __name__ == "__main__":
    main()
