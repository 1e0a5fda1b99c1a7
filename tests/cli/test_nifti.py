"""MRI in and out: learned from NIfTI, restored to NIfTI that lies over its source."""

import json
import shutil
from pathlib import Path

import msgspec
import nibabel
import numpy as np
import pytest
from nibabel.affines import apply_affine

from gvtstudio.__main__ import main
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Failed, Finished, Progress
from gvtstudio.domain.region import Region
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.stacks import inspect_stack
from tests.engine.stacks_for_tests import do, noisy, write_tiny_model
from tests.io.nifti_for_tests import affine_of, read, write

QUICK = [
    "--steps", "4", "--validation-every", "2", "--batch-size", "1", "--patch-z", "8",
    "--patch-yx", "16", "--set", "base_channels=4", "--set", "references=4", "--device", "cpu",
]  # fmt: skip


def train_and_restore(folder: Path, name: str) -> Path:
    """Learn labels from the folders ``images`` and ``labels``, and label one of the images."""
    pairs = [str(folder / "images"), str(folder / "labels")]
    model = str(folder / "mine.gvtmodel")
    words = ["train", "--task", "segmentation", "--pairs", *pairs, "--out", model, *QUICK]
    assert main(words) == 0
    out = str(folder / "out")
    image = str(folder / "images" / name)
    restore = ["restore", image, "--model", model, "--out", out, "--format", "nifti"]
    assert main([*restore, "--device", "cpu"]) == 0
    (written,) = (folder / "out").glob("*.nii.gz")
    assert written.name == name.replace(".nii.gz", "_labels_mine.nii.gz")
    return written


def field_of(image: nibabel.Nifti1Image) -> np.ndarray:
    """Lowest and highest place of its edges in the world."""
    ends = [(-0.5, size - 0.5) for size in image.shape[:3]]
    corners = apply_affine(image.affine, np.stack(np.meshgrid(*ends), -1).reshape(-1, 3))
    return np.array([corners.min(axis=0), corners.max(axis=0)])


def test_images_of_several_contrasts_and_labels_stored_in_another_way(tmp_path, capsys):
    """The images run to the right, to the front and up; the labels were turned when drawn."""
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    for i in range(3):
        labels = np.zeros((28, 24, 10), np.uint8)
        labels[2 + i : 20, 4:20] = 7
        labels[6 + i : 14, 6:12] = 30
        contrasts = np.stack([100.0 * (labels > 0), 100.0 * (labels == 30)], -1)
        noise = np.random.default_rng(i).normal(200, 5, contrasts.shape)
        images = (contrasts + noise).astype(np.float32)
        write(tmp_path / "images" / f"{i}.nii.gz", images, affine_of("RAS"))
        drawn = nibabel.Nifti1Image(labels, affine_of("RAS"))
        turn = nibabel.orientations.ornt_transform(
            nibabel.io_orientation(drawn.affine), nibabel.orientations.axcodes2ornt("PSR")
        )
        nibabel.save(drawn.as_reoriented(turn), tmp_path / "labels" / f"{i}.nii.gz")
        found = read(tmp_path / "labels" / f"{i}.nii.gz")
        second = read(tmp_path / "images" / f"{i}.nii.gz")[:, :, 1:]
        assert second[found == 30].mean() > 280
        assert second[found != 30].mean() < 220
    written = train_and_restore(tmp_path, "0.nii.gz")
    assert "Training on 2 fields with 2 channels to tell 3 labels apart" in capsys.readouterr().err
    source, result = nibabel.load(tmp_path / "images" / "0.nii.gz"), nibabel.load(written)
    np.testing.assert_allclose(field_of(result), field_of(source), atol=1e-4)
    assert result.get_data_dtype() == np.uint8
    assert set(np.unique(np.asarray(result.dataobj))) <= {0, 7, 30}
    assert json.loads(written.with_name(f"{written.name}.json").read_text())["model"] == "mine"


def test_real_mri(shared_data, tmp_path):
    folder = shared_data / "msd_hippocampus"
    names = [f"hippocampus_00{i}.nii.gz" for i in (3, 4, 6)]
    for kind in ("images", "labels"):
        (tmp_path / kind).mkdir()
        for name in names:
            shutil.copy(folder / kind / name, tmp_path / kind)
    written = train_and_restore(tmp_path, names[0])
    truth, result = nibabel.load(folder / "labels" / names[0]), nibabel.load(written)
    assert result.shape == truth.shape
    np.testing.assert_allclose(field_of(result), field_of(truth), atol=1e-4)
    found = np.asarray(result.dataobj)
    assert found.dtype == np.uint8
    assert set(np.unique(found)) <= {0, 1, 2}


@pytest.mark.parametrize(
    "format_name", [name for name, row in EXPORTERS.items() if "int64" not in row.dtypes]
)
def test_a_type_that_cannot_be_written_is_refused_before_the_work(tmp_path, format_name):
    """As nibabel writes arrays of Python's whole numbers."""
    source = write(tmp_path / "a.nii.gz", noisy((12, 20, 24), "int64"), affine_of("RAS"))
    request = RestoreRequest(
        input=str(source), model=str(write_tiny_model(tmp_path / "tiny.gvtmodel")),
        output_dir=str(tmp_path / "out"), format=format_name, device="cpu",
    )  # fmt: skip
    ending, said = do(request, tmp_path / "job")
    assert isinstance(ending, Failed)
    assert "int64" in ending.message
    assert not any(isinstance(message, Progress) for message in said)
    ending, _ = do(msgspec.structs.replace(request, dtype="float32"), tmp_path / "job")
    assert isinstance(ending, Finished)


@pytest.mark.parametrize("codes", ["RAS", "PSR"])
def test_a_part_that_is_restored_lies_where_it_is_in_the_whole(tmp_path, codes):
    source = write(tmp_path / "a.nii.gz", noisy((12, 20, 24)), affine_of(codes))
    shape = inspect_stack(source).shape
    region = Region.whole(shape).within(z=(2, 9), y=(3, 11), x=(4, 10))
    request = RestoreRequest(
        input=str(source), model=str(write_tiny_model(tmp_path / "tiny.gvtmodel")),
        output_dir=str(tmp_path), format="nifti", region=region, device="cpu",
        precision="float32",
    )  # fmt: skip
    ending, _ = do(request, tmp_path / "job")
    assert isinstance(ending, Finished), ending
    part, whole = nibabel.load(ending.outputs[0]), field_of(nibabel.load(source))
    lowest, highest = field_of(part)
    # X runs to the left and Y to the back, so that the world counts from their far ends
    sizes = np.array([0.5, 0.75, 2.0])
    np.testing.assert_allclose(lowest, whole[0] + sizes * (shape[4] - 10, shape[3] - 11, 2))
    np.testing.assert_allclose(highest, whole[1] - sizes * (4, 3, shape[1] - 9))
