"""The questions. Every training runs through the engine, with nothing that a user could not set."""

from collections.abc import Callable
from pathlib import Path

import tifffile

from gvtstudio.imaging.resampling import resample_volume
from gvtstudio.imaging.sharpening import best_sharpening
from tests.benchmarks.quality.contest import Bench, Pairs, volume_of

CELLS = {"size_z": 16, "size_y": 96, "size_x": 96}
QUICK = {"learning_rate": 1e-3, "seed": 0}
"""Higher than the default, for all alike, because these trainings are so short."""
SMALL = {**QUICK, "patch_z": 16, "patch_yx": 32, "batch_size": 2}
PLANES = {**QUICK, "patch_yx": 96, "batch_size": 4}
W2S_TRAINED, W2S_APART = ("001", "021", "041", "061"), ("081", "101")
MINUTES = (0.5, 1.0, 2.0)
MIDDLE = slice(128, 384), slice(128, 384)
"""Of the fields kept apart; learning anew for each plane takes its time."""


def denoising(bench: Bench) -> None:
    """GVTNet, CARE and RCAN on simulated cells, with equal steps and with equal minutes.

    Equal minutes are read from the history of the same trainings: what they had reached, at their
    best so far, on the crops that they validate on.
    """
    learned = bench.simulate("fluorescence-cells", 12, 100, photons=8.0, **CELLS)
    apart = bench.simulate("fluorescence-cells", 4, 900, photons=8.0, **CELLS)
    data = "simulated cells, 8 photons"
    bench.note_inputs(data, apart)
    steps = bench.steps(600)
    for name in ("gvtnet_denoising_3d", "care_3d", "rcan_3d"):
        trained = bench.train(
            name, "denoising", learned, architecture=name, steps=steps,
            validation_every=max(1, steps // 20), **SMALL,
        )  # fmt: skip
        bench.note_model(data, apart, name, trained, bench.reached_after(name, MINUTES))


def denoising_real(bench: Bench) -> None:
    """GVTNet, CARE and Noise2Fast on real single exposures against means of 400 (W2S)."""
    learned = w2s_pairs(bench, W2S_TRAINED, "0")
    apart = w2s_pairs(bench, W2S_APART, "0")
    data = "W2S channel 0, middle of fields 081 and 101"
    bench.note_inputs(data, apart)
    steps = bench.steps(400)
    for name in ("gvtnet_denoising_2d", "care_2d"):
        trained = bench.train(
            f"{name}-w2s", "denoising", learned, architecture=name, steps=steps,
            validation_every=max(1, steps // 8), **PLANES,
        )  # fmt: skip
        bench.note_model(data, apart, f"{name}, 4 fields", trained)
    restored = bench.restore("noise2fast", [path for path, _ in apart])
    bench.contest(data, apart, "noise2fast, no pairs", map(volume_of, restored))


def transfer(bench: Bench) -> None:
    """The bundled denoising model adapted with 5, 10 and 20 pairs, against the same from nothing.

    The new microscope: a coarser one with 3 photons and a noisier camera.
    """
    new = {**CELLS, "photons": 3.0, "voxel_yx_um": 0.2, "voxel_z_um": 0.6, "read_noise": 4.0}
    pairs = bench.simulate("fluorescence-cells", 20, 300, **new)
    apart = bench.simulate("fluorescence-cells", 2, 950, **new)
    data = "simulated cells of a coarser microscope, 3 photons"
    bench.note_inputs(data, apart)
    backbone = "denoise-fluorescence-3d"
    restored = bench.restore(backbone, [path for path, _ in apart])
    bench.contest(data, apart, "backbone as it is", map(volume_of, restored))
    steps = bench.steps(200)
    often = max(1, steps // 5)
    for count in (5, 10, 20):
        for start, words in ((backbone, "backbone adapted"), ("", "from nothing")):
            trained = bench.train(
                f"transfer-{count}-{'on' if start else 'from'}", "denoising", pairs[:count],
                start_model=start, steps=steps, validation_every=often, **SMALL,
            )  # fmt: skip
            method = f"{words}, {count} pairs"
            bench.note_model(data, apart, method, trained)


def crossing(bench: Bench) -> None:
    """Trained on one structure and tested on another (W2S, channels 0 and 2)."""
    steps = bench.steps(400)
    for source in ("0", "2"):
        learned = w2s_pairs(bench, W2S_TRAINED, source)
        for name in ("gvtnet_denoising_2d", "care_2d"):
            trained = bench.train(
                f"{name}-from-{source}", "denoising", learned, architecture=name, steps=steps,
                validation_every=max(1, steps // 8), **PLANES,
            )  # fmt: skip
            for target in ("0", "2"):
                apart = w2s_pairs(bench, W2S_APART, target)
                method = f"{name} trained on channel {source}"
                bench.note_model(f"W2S channel {target}", apart, method, trained)


def projection(bench: Bench) -> None:
    """Projecting networks against the maximum and tuned classical projections."""
    size = {"size_z": 24, "size_y": 96, "size_x": 96, "photons": 10.0}
    learned = bench.simulate("projection", 12, 100, **size)
    apart = bench.simulate("projection", 4, 900, **size)
    data = "simulated epithelia, 10 photons"
    highest = [volume_of(path).max(0, keepdims=True) for path, _ in apart]
    bench.contest(data, apart, "maximum projection", highest)
    steps = bench.steps(300)
    for name in ("gvtnet_projection", "aeanet_projection", "care_projection"):
        trained = bench.train(
            name, "projection", learned, architecture=name, steps=steps,
            validation_every=max(1, steps // 6), patch_yx=48, batch_size=2, **QUICK,
        )  # fmt: skip
        bench.note_model(data, apart, name, trained)


def super_resolution(bench: Bench) -> None:
    """AEANet against GVTNet and CARE on simulated electron micrographs, twice as fine."""
    size = {"size_z": 1, "size_y": 192, "size_x": 192, "dose": 60.0}
    learned = bench.simulate("super-resolution", 12, 100, **size)
    apart = bench.simulate("super-resolution", 4, 900, **size)
    data = "simulated sections, 60 electrons"
    bicubic, sharpened = [], []
    for low, high in apart:
        truth = volume_of(high)
        bicubic.append(resample_volume(volume_of(low), truth.shape))
        sharpened.append(best_sharpening(bicubic[-1], truth)[0].image)
    bench.contest(data, apart, "bicubic", bicubic)
    bench.contest(data, apart, "best classical sharpening (tuned on each)", sharpened)
    steps = bench.steps(300)
    for name in ("aeanet_2d", "gvtnet_denoising_2d", "care_2d"):
        trained = bench.train(
            f"{name}-finer", "super_resolution", learned, architecture=name, steps=steps,
            validation_every=max(1, steps // 6), registration="none", **PLANES,
        )  # fmt: skip
        bench.note_model(data, apart, name, trained)


def label_free(bench: Bench) -> None:
    """GVTNet, and the GT U-Net with ever fewer of its parts, on simulated cells.

    All with few steps, a GT U-Net of a third of its growth and 32 brightnesses.
    """
    size = {"size_z": 4, "size_y": 128, "size_x": 128}
    learned = bench.simulate("label-free", 10, 100, **size)
    apart = bench.simulate("label-free", 2, 900, **size)
    data = "simulated cells, first label"
    bench.contest(data, apart, "transmitted light itself", [volume_of(path) for path, _ in apart])
    steps = bench.steps(120)
    common = {"steps": steps, "validation_every": max(1, steps // 4), **QUICK}
    smaller = {"growth": 6, "classes": 32}
    for parts in ("single-scale", "no-dense-blocks", "no-attention", "all"):
        trained = bench.train(
            f"gt-{parts}", "label_free", learned, architecture="gt_unet", planes=3,
            architecture_parameters={**smaller, "parts": parts}, patch_yx=64, batch_size=4,
            **common,
        )  # fmt: skip
        bench.note_model(data, apart, f"gt_unet, {parts}", trained)
    trained = bench.train(
        "gvtnet-free", "label_free", learned, architecture="gvtnet_label_free", patch_z=8,
        patch_yx=64, batch_size=2, **common,
    )  # fmt: skip
    bench.note_model(data, apart, "gvtnet_label_free", trained)


def isotropic(bench: Bench) -> None:
    """One simulated stack of neurons with planes four pixels apart, learned from by itself.

    Widths are those of bright spots at half maximum, mismatch is that of axial and lateral spectra.
    """
    size = {"size_z": 24, "size_y": 96, "size_x": 96}
    stacks = bench.simulate("isotropic", 1, 100, **size)
    trained = bench.train(
        "isotropic", "isotropic", stacks=(str(stacks[0][0]),), architecture="gvtnet_denoising_3d",
        architecture_parameters={"base_channels": 16}, partner_channels=16, patch_yx=32,
        steps=bench.steps(800), warm_up=0, validation_every=bench.steps(100), seed=0,
    )  # fmt: skip
    truth = volume_of(stacks[0][1])
    interpolated = resample_volume(volume_of(stacks[0][0]), truth.shape)
    bench.contest("simulated neurons", stacks, "cubic interpolation", [interpolated])
    bench.note_model("simulated neurons", stacks, "OT-cycleGAN (GVTNet, 16 channels)", trained)
    for kind in ("raw", "baseline", "restored"):
        more = {score.metric: getattr(score, kind) for score in trained.scores}
        words = {"raw": "linear interpolation", "baseline": "Richardson-Lucy"}
        bench.note("simulated neurons, as in the card", words.get(kind, "OT-cycleGAN"), more)


def w2s_pairs(bench: Bench, fields: tuple[str, ...], channel: str) -> Pairs:
    """Real pairs under names that are the same in both folders."""
    source = bench.data / "w2s_pairs_dev"
    pairs = []
    for name in fields:
        both = []
        for kind, prefix in (("noisy", "input_avg1"), ("truth", "target_avg400")):
            path = bench.work / f"w2s-{channel}" / kind / f"{name}.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            image = tifffile.imread(source / f"{prefix}_{name}_{channel}.tif")
            tifffile.imwrite(path, image[MIDDLE] if name in W2S_APART else image)
            both.append(path)
        pairs.append((Path(both[0]), Path(both[1])))
    return pairs


STUDIES: dict[str, Callable[[Bench], None]] = {
    "transfer": transfer,
    "denoising": denoising,
    "super-resolution": super_resolution,
    "projection": projection,
    "denoising-real": denoising_real,
    "crossing": crossing,
    "isotropic": isotropic,
    "label-free": label_free,
}
