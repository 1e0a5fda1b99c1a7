from pathlib import Path

import msgspec
import numpy as np
import pytest
import tifffile

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.services.pair_checks import (
    FoundPair,
    are_planes,
    count_words,
    look_swapped,
    names_look_swapped,
    pair_doubt,
    pair_problem,
    stack_problem,
)
from gvtstudio.tasks import TASKS


def info(shape) -> StackInfo:
    return StackInfo("a.tif", shape, "uint16", default_channels(shape[2]), Calibration())


def pair(given, wanted) -> FoundPair:
    return FoundPair("in/a.tif", "out/a.tif", info(given), info(wanted))


VOLUME, PLANE = (1, 8, 1, 32, 32), (1, 1, 1, 32, 32)


@pytest.mark.parametrize(
    ("task", "given", "wanted", "words"),
    [
        ("denoising", VOLUME, VOLUME, ""),
        ("denoising", VOLUME, (1, 8, 1, 32, 30), "Different sizes"),
        ("denoising", VOLUME, PLANE, "Different sizes"),
        ("projection", VOLUME, PLANE, ""),
        ("projection", PLANE, VOLUME, "Swapped"),
        ("projection", VOLUME, VOLUME, "8 planes"),
        ("projection", PLANE, PLANE, "whole volume"),
        ("projection", VOLUME, (1, 1, 1, 16, 32), "Different sizes"),
        ("segmentation", (1, 8, 2, 32, 32), VOLUME, ""),
        ("label_free", VOLUME, (1, 8, 3, 32, 32), ""),
        ("label_free", VOLUME, (1, 1, 3, 32, 32), ""),
        ("label_free", VOLUME, (1, 7, 3, 32, 32), "Different sizes"),
        ("segmentation", VOLUME, (1, 7, 1, 32, 32), "Different sizes"),
    ],
)
def test_sizes_are_judged_by_what_the_task_makes(task, given, wanted, words):
    problem = pair_problem(TASKS[task], pair(given, wanted))
    assert words in problem
    assert bool(problem) == bool(words)


def test_a_magnified_target_has_more_pixels():
    task, larger = TASKS["super_resolution"], (1, 1, 1, 64, 64)
    assert pair_doubt(task, pair(PLANE, larger)) == ""
    assert "Swapped" in pair_doubt(task, pair(larger, PLANE))
    assert pair_problem(task, pair(larger, PLANE)) == ""
    assert pair_doubt(TASKS["denoising"], pair(larger, PLANE)) == ""


def test_what_cannot_be_read_says_why():
    refused = FoundPair("a.tif", "b.tif", refused="It is damaged.")
    assert pair_problem(TASKS["denoising"], refused) == "It is damaged."
    task = TASKS["isotropic"]
    assert stack_problem(task, "It is damaged.", None, has_voxel_size=False) == "It is damaged."
    assert stack_problem(task, "", None, has_voxel_size=False) == ""


def test_a_stack_to_make_isotropic_needs_planes_and_a_voxel_size():
    task = TASKS["isotropic"]
    assert "voxel size" in stack_problem(task, "", info(VOLUME), has_voxel_size=False)
    assert stack_problem(task, "", info(VOLUME), has_voxel_size=True) == ""
    known = msgspec.structs.replace(info(VOLUME), calibration=Calibration(0.3, 0.1, 0.1))
    assert stack_problem(task, "", known, has_voxel_size=False) == ""
    assert "single plane" in stack_problem(task, "", info(PLANE), has_voxel_size=True)


def test_planes_ask_for_networks_for_images_unless_volumes_are_projected():
    assert are_planes(TASKS["denoising"], info(PLANE))
    assert not are_planes(TASKS["denoising"], info(VOLUME))
    assert not are_planes(TASKS["projection"], info(PLANE))


@pytest.mark.parametrize(
    ("count", "can_adapt", "words"),
    [
        (1, True, "not enough"),
        (3, True, "5 to 10 are better"),
        (7, True, "enough to adapt a model"),
        (7, False, "20 are better to train from nothing"),
        (20, True, "enough to train from nothing, or to adapt a model."),
        (20, False, "enough to train from nothing."),
    ],
)
def test_how_far_so_many_pairs_go(count, can_adapt, words):
    assert words in count_words(count, can_adapt=can_adapt)


def write_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """A noisy and a good file of one field."""
    rng = np.random.default_rng(len(name))
    good = np.add.outer(np.arange(64.0), np.arange(64.0)) * 10
    files = []
    for role, sd in (("noisy", 80), ("good", 5)):
        (folder / role).mkdir(exist_ok=True)
        path = folder / role / name
        tifffile.imwrite(path, (good + rng.normal(500, sd, good.shape)).astype(np.uint16))
        files.append(path)
    return files[0], files[1]


def test_noisier_targets_are_told_from_noisier_inputs(tmp_path):
    def found(given: Path, wanted: Path) -> FoundPair:
        return FoundPair(str(given), str(wanted), inspect_stack(given, 0), inspect_stack(wanted, 0))

    files = [write_pair(tmp_path, name) for name in ("a.tif", "bb.tif")]
    assert not look_swapped([found(*each) for each in files])
    assert look_swapped([found(good, noisy) for noisy, good in files])
    assert not look_swapped([found(noisy, noisy) for noisy, _ in files])
    assert not look_swapped([])


def test_a_file_that_vanished_tells_nothing(tmp_path):
    noisy, good = write_pair(tmp_path, "a.tif")
    swapped = FoundPair(str(good), str(noisy), inspect_stack(good, 0), inspect_stack(noisy, 0))
    noisy.unlink()
    assert not look_swapped([swapped])


def test_real_pairs_are_told_by_their_noise(shared_data):
    folder = shared_data / "fmd_noise2fast"
    names = ("BPAE_B.tif", "fish.tif", "mice.tif")
    found = [
        [FoundPair(*map(str, paths), *(inspect_stack(path, 0) for path in paths))]
        for name in names
        for paths in ((folder / "Confocal_gaussianpoisson" / name, folder / "Confocal" / name),)
    ]
    assert [look_swapped(each) for each in found] == [False] * 3
    turned = [
        [FoundPair(p.target_path, p.input_path, p.target, p.input) for p in each] for each in found
    ]
    assert [look_swapped(each) for each in turned] == [True] * 3


@pytest.mark.parametrize(
    ("inputs", "targets", "is_swapped"),
    [
        ("noisy", "clean", False),
        ("clean", "noisy", True),
        ("2026-01", "truth", False),
        ("GT", "2026-01", True),
        ("monday", "tuesday", False),
        ("rawhide", "goods", False),
    ],
)
def test_names_of_folders_tell_their_roles(inputs, targets, is_swapped):
    assert names_look_swapped(Path(inputs), Path(targets)) is is_swapped
