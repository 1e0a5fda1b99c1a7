"""``gvtstudio --selftest``: does this installation really work? Made for frozen bundles.

Reads every TIFF compression, restores the demo through the engine process, trains for one step and
opens the window, each with the real thing.
"""

import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from gvtstudio.cli.demo import DemoFailed, restore_simulated
from gvtstudio.cli.engine_process import run_in_engine
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Failed, Stopped
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import open_stack

LOSSLESS = ("none", "zlib", "deflate", "lzw", "packbits", "zstd", "lzma", "jpeg2000", "png", "webp")
WINDOW_SECONDS = 3.0
SMALL = {"size_z": 8, "size_y": 48, "size_x": 48}


def run() -> int:
    """Every check in turn; 0 when all pass."""
    checks: tuple[tuple[str, Callable[[Path], None]], ...] = (
        ("reads TIFF compressions", _check_compressions),
        ("restores the demo through the engine", _check_restoration),
        ("trains for one step", _check_training),
        ("opens the window", _check_window),
    )
    failed = 0
    with tempfile.TemporaryDirectory(prefix="gvtstudio-selftest-") as folder:
        for name, check in checks:
            failed += not _passes(name, check, Path(folder))
    print("selftest passed" if not failed else f"selftest FAILED: {failed} of {len(checks)}")
    return 1 if failed else 0


def _passes(name: str, check: Callable[[Path], None], folder: Path) -> bool:
    try:
        check(folder)
    except (AssertionError, DemoFailed, OSError, RuntimeError, ValueError, ImportError):
        print(f"FAILED  {name}")
        traceback.print_exc(file=sys.stdout)
        return False
    print(f"ok      {name}", flush=True)
    return True


def _check_compressions(folder: Path) -> None:
    image = np.random.default_rng(0).integers(0, 255, (3, 32, 40), np.uint8)
    for name in LOSSLESS:
        path = folder / f"{name}.tif"
        options: dict[str, Any] = {}
        is_colour = name == "webp"  # the codec knows colour pictures alone
        pixels = np.repeat(image[..., None], 3, axis=-1) if is_colour else image
        if name == "jpeg2000":
            options = {"compressionargs": {"level": 0}}
        elif is_colour:
            options = {"compressionargs": {"lossless": True}}
        tifffile.imwrite(
            path,
            pixels,
            compression=None if name == "none" else name,
            photometric="rgb" if is_colour else "minisblack",
            **options,
        )
        stack = open_stack(path)
        read = stack.read(Region.whole(stack.info.shape))
        stack.close()
        same = np.array_equal(read[0, :, 0], image)
        if not same:
            raise ValueError(f"{name}: other voxels than written")


def _check_restoration(folder: Path) -> None:
    _, before, after = restore_simulated(folder / "demo", SMALL)
    if not after["psnr_db"] > before["psnr_db"]:
        raise ValueError(f"restored is not better: {before} {after}")


def _check_training(folder: Path) -> None:
    request = TrainRequest(
        task="denoising",
        recipe="fluorescence-cells",
        out=str(folder / "one-step.gvtmodel"),
        parameters={
            "steps": 1, "batch_size": 1, "patch_z": 8, "patch_yx": 32, "simulated_stacks": 2,
        },
    )  # fmt: skip
    job = folder / "job"
    job.mkdir()
    result = run_in_engine(request, job, lambda message: None)
    if isinstance(result, Failed | Stopped):
        raise RuntimeError(str(result))  # noqa: TRY004 - not about the type of an argument


def _check_window(folder: Path) -> None:
    from gvtstudio.ui.application import run_window

    screenshot = folder / "window.png"
    files = sorted(folder.glob("demo/**/*.ome.tif"))
    code = run_window(
        compare=tuple(map(str, files)), quit_after_s=WINDOW_SECONDS, screenshot=str(screenshot)
    )
    if code != 0 or not screenshot.is_file():
        raise RuntimeError(f"the window ended with {code}")
    if "torch" in sys.modules:
        raise RuntimeError("the window imported torch")
