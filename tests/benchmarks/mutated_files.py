"""Damaged files through every reader: each must end as a stack or as a sentence, soon and small.

Run with ``python -m tests.benchmarks.mutated_files --count 10000 --data ../shared/data``. Bytes are
flipped, numbers in headers become absurd, ends and middles go missing. What is printed: how many
files of each reader were refused and read, the slowest, the largest memory, and every file that
ended in anything else, with the seed that makes it again (``--only NAME --seed N``).
"""

import argparse
import multiprocessing
import resource
import shutil
import time
import traceback
from collections.abc import Iterator
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import h5py
import nibabel
import numpy as np
import tifffile

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import open_stack

HANGS_AFTER_S = 20.0
SLOW_S = 2.0
SCENES = 3
REAL = (
    "czi_celldiv_zstd", "czi_multiimage", "czi_nuclei", "czi_rgb", "arcadia_zstack", "nd2_cluster",
    "lif_lambda", "lif_xz", "oib_mito", "mrc_sim", "dv_sim", "lsm_test", "stk_metamorph",
)  # fmt: skip
ABSURD = (
    b"\xff" * 4,
    b"\xff" * 8,
    b"\x7f" + b"\xff" * 3,
    b"\0" * 8,
    b"\0\0\0\x40",
    b"\x01\0\0\x80",
)


class Ending(NamedTuple):
    """How a damaged file ended."""

    source: str
    seed: int
    kind: str
    seconds: float
    words: str


def sources(folder: Path, data: Path) -> list[Path]:
    """Sound files: some written here, real ones of microscopes where the data are there."""
    voxels = np.random.default_rng(0).integers(0, 4000, (6, 40, 48)).astype(np.uint16)
    tifffile.imwrite(folder / "a.ome.tif", voxels, ome=True, compression="zlib")
    tifffile.imwrite(folder / "imagej.tif", voxels, imagej=True, metadata={"axes": "ZYX"})
    tifffile.imwrite(folder / "tiles.tif", voxels, tile=(16, 16), photometric="minisblack")
    np.save(folder / "a.npy", voxels)
    np.savez_compressed(folder / "a.npz", one=voxels, two=voxels[0])
    for name in ("a.nii", "b.nii.gz"):
        nibabel.save(nibabel.Nifti1Image(voxels.astype(np.int16), np.eye(4)), folder / name)
    with h5py.File(folder / "a.ims", "w") as file:
        _write_imaris(file, voxels)
    real = [path for name in REAL for path in sorted((data / name).glob("*")) if path.is_file()]
    return [*sorted(folder.iterdir()), *real]


def _write_imaris(file: h5py.File, voxels: np.ndarray) -> None:
    def characters(text: str) -> np.ndarray:
        return np.frombuffer(text.encode(), "S1")

    channel = file.create_group("DataSet/ResolutionLevel 0/TimePoint 0/Channel 0")
    channel.create_dataset("Data", data=voxels, chunks=(2, 16, 16), compression="gzip")
    image = file.create_group("DataSetInfo/Image")
    for axis, size in zip("ZYX", voxels.shape, strict=True):
        channel.attrs[f"ImageSize{axis}"] = characters(str(size))
        image.attrs[axis] = characters(str(size))
    file.create_group("DataSetInfo/Channel 0").attrs["Name"] = characters("Stain")
    file.attrs["ImarisDataSet"] = characters("ImarisDataSet")


def damaged(content: bytes, seed: int) -> bytes:
    """The content with one to three kinds of damage."""
    random = np.random.default_rng(seed)
    spoiled = bytearray(content)
    for _ in range(random.integers(1, 4)):
        # headers lie at the beginning, directories often at the end
        begin = int(random.choice([0, 0, max(0, len(spoiled) - 4096), len(spoiled) // 2]))
        place = begin + int(random.integers(0, min(4096, max(1, len(spoiled) - begin - 8))))
        kind = random.integers(0, 5)
        if kind == 0:
            for _ in range(random.integers(1, 24)):
                at = begin + int(random.integers(0, min(8192, len(spoiled) - begin)))
                spoiled[at] = random.integers(0, 256)
        elif kind == 1:
            absurd = ABSURD[random.integers(0, len(ABSURD))]
            spoiled[place : place + len(absurd)] = absurd
        elif kind == 2:
            del spoiled[max(64, int(random.integers(0, len(spoiled)))) :]
        elif kind == 3:
            spoiled[place : place + 200] = bytes(200)
        else:
            del spoiled[place : place + int(random.integers(1, 64))]
        if len(spoiled) < 16:
            break
    return bytes(spoiled)


def try_to_read(path: Path) -> str:
    """``read`` or ``refused``; anything else is raised."""
    scene, count = 0, 1
    try:
        while scene < min(count, SCENES):
            with closing(open_stack(path, scene)) as stack:
                info = stack.info
                count = max(1, len(info.scene_names))
                whole = Region.whole(info.shape).only(t=0, c=0)
                for z in {0, info.shape[1] // 2, info.shape[1] - 1}:
                    rows = min(info.shape[3], 4096)
                    columns = min(info.shape[4], 4096)
                    stack.read(whole.only(z=z).within(y=(0, rows), x=(0, columns)))
            scene += 1
    except GvtError:
        return "refused"
    return "read"


def _work(connection: Connection, source: Path, seeds: range) -> None:
    content = source.read_bytes()
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"damaged{''.join(source.suffixes[-2:])}"
        for seed in seeds:
            path.write_bytes(damaged(content, seed))
            connection.send(("at", seed))
            started = time.monotonic()
            try:
                kind = try_to_read(path)
            except Exception:
                seconds = time.monotonic() - started
                told = Ending(source.name, seed, "FAILED", seconds, traceback.format_exc())
                connection.send(("failed", told))
                raise
            seconds = time.monotonic() - started
            connection.send(("done", Ending(source.name, seed, kind, seconds, "")))
            with suppress(OSError):
                path.unlink()
    connection.send(("memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def endings(source: Path, seeds: range) -> Iterator[Ending | float]:
    """Of every seed; a process that hangs or dies is begun anew behind the file that did it."""
    at = seeds.start
    while at < seeds.stop:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(
            target=_work, args=(theirs, source, range(at, seeds.stop))
        )
        process.start()
        theirs.close()
        ending = ""
        while True:
            if not ours.poll(HANGS_AFTER_S):
                ending = "HANGS"
                break
            try:
                kind, value = ours.recv()
            except EOFError:
                ending = "" if at >= seeds.stop else "DIED"
                break
            if kind == "at":
                at = value
            elif kind in ("done", "failed"):
                yield value
                at = value.seed + 1
                if kind == "failed":
                    break
            else:
                yield value
        process.kill()
        process.join()
        if ending:
            yield Ending(source.name, at, ending, HANGS_AFTER_S, "")
            at += 1


def main() -> None:
    """Damage and read so many files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="sources whose name holds this")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    folder = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    with TemporaryDirectory(dir=folder) as made:
        files = [p for p in sources(Path(made), options.data) if options.only in p.name]
        each = max(1, options.count // max(1, len(files)))
        bad = 0
        for source in files:
            if try_to_read(source) != "read":
                raise SystemExit(f"{source.name} cannot be read while it is sound.")
            heard = list(endings(source, range(options.seed, options.seed + each)))
            ended = [each for each in heard if isinstance(each, Ending)]
            memory = max((each for each in heard if not isinstance(each, Ending)), default=0.0)
            counts = {kind: sum(e.kind == kind for e in ended) for kind in ("read", "refused")}
            slowest = max(ended, key=lambda e: e.seconds)
            print(
                f"{source.name}: {counts['read']} read, {counts['refused']} refused; slowest "
                f"{slowest.seconds:.2f} s (seed {slowest.seed}); {memory:.0f} MB"
            )
            for ending in ended:
                if ending.kind not in counts or ending.seconds > SLOW_S:
                    bad += 1
                    print(f"  {ending.kind} seed {ending.seed} {ending.seconds:.1f} s")
                    print("   " + "\n   ".join(ending.words.splitlines()[-3:]))
        print(f"{each * len(files)} files, {bad} of them not as they should")
        shutil.rmtree(made, ignore_errors=True)


if __name__ == "__main__":
    main()
