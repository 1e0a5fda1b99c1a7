"""Models as packages for bioimage.io, judged by bioimage.io's own test."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml

from gvtstudio.domain.job import ExportModelRequest
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.io.bioimage_description import FORMAT_VERSION
from tests.engine.bioimage_for_tests import judgement_of
from tests.engine.models_for_tests import write_model
from tests.engine.stacks_for_tests import do

# network, task, and what else the card says
KINDS = {
    "volume": ("gvtnet_denoising_3d", "denoising", {}),
    "plane": ("care_2d", "denoising", {"normalisation": "mean_std"}),
    "projection": ("gvtnet_projection", "projection", {}),
    "classes": ("aeanet_segmentation", "segmentation", {"labels": (0, 10, 150, 250)}),
    "channel": (
        "fnet",
        "label_free",
        {
            "channels": ("nuclei",),
            "channel_scales": ((100.0, 900.0),),
            "normalisation": "mean_std",
            "work_voxel_um": (0.5, 0.2, 0.2),
        },
    ),
}


def exported(model: Path, folder: Path, **options: object) -> Finished | Failed:
    request = ExportModelRequest(model=str(model), out=str(folder / "out.zip"), **options)
    return do(request, folder / "job")[0]


def member(package: Path, name: str) -> bytes:
    with zipfile.ZipFile(package) as archive:
        return archive.read(name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore")
def test_bioimage_io_finds_nothing_wrong(kind, tmp_path):
    architecture, task, card = KINDS[kind]
    model = write_model(tmp_path / "tiny.gvtmodel", architecture, task, **card)
    finished = exported(model, tmp_path, authors=("A. Nonymous",))
    assert isinstance(finished, Finished), finished
    summary = judgement_of(Path(finished.outputs[0]))
    assert summary.status == "passed", summary.format()
    assert any("Reproduce test outputs" in detail.name for detail in summary.details)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["denoise-fluorescence-3d", "project-epithelium"])
def test_bundled_models_pass_too(name, tmp_path):
    request = ExportModelRequest(model=name, out=str(tmp_path / "out.zip"))
    finished, _ = do(request, tmp_path / "job")
    summary = judgement_of(Path(finished.outputs[0]))
    assert summary.status == "passed", summary.format()
    described = yaml.safe_load(member(tmp_path / "out.zip", "rdf.yaml"))
    assert described["authors"] == [{"name": "The GVT Studio authors"}]
    assert described["cite"][0]["doi"] == "10.1038/s42256-020-00283-x"


def test_the_description_says_what_the_card_says(tmp_path):
    architecture, task, card = KINDS["channel"]
    exported(write_model(tmp_path / "tiny.gvtmodel", architecture, task, **card), tmp_path)
    described = yaml.safe_load(member(tmp_path / "out.zip", "rdf.yaml"))
    assert described["format_version"] == FORMAT_VERSION
    assert described["license"] == "CC-BY-4.0"
    assert described["name"] == "Tiny fnet for tests"
    (given,), (made,) = described["inputs"], described["outputs"]
    assert [axis["id"] for axis in given["axes"][2:]] == ["z", "y", "x"]
    assert given["axes"][4]["size"] == {"min": 32, "step": 16}
    assert given["axes"][2]["scale"] == 0.5
    assert given["preprocessing"][0]["id"] == "zero_mean_unit_variance"
    assert made["axes"][1]["channel_names"] == ["nuclei"]
    assert made["postprocessing"][0]["kwargs"]["gain"] == [800.0]
    assert "## Validation" in member(tmp_path / "out.zip", "README.md").decode()


def test_the_test_image_goes_in_as_it_was_measured(tmp_path):
    exported(write_model(tmp_path / "tiny.gvtmodel", "care_2d"), tmp_path)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive, archive.open("test_input.npy") as file:
        image = np.load(file)
    assert image.shape == (1, 1, 64, 64)
    assert image.min() > 50  # the offset of the simulated camera is not taken off
    assert image.std() > 1


def test_a_licence_without_a_short_name_is_kept_as_a_file(tmp_path):
    words = "For the members of our institute."
    exported(write_model(tmp_path / "tiny.gvtmodel", "care_2d", licence=words), tmp_path)
    described = yaml.safe_load(member(tmp_path / "out.zip", "rdf.yaml"))
    assert described["license"]["source"] == "LICENSE.txt"
    assert member(tmp_path / "out.zip", "LICENSE.txt").decode() == words


@pytest.mark.parametrize(
    ("architecture", "task", "words"),
    [("cnnt", "denoising", "TorchScript"), ("gt_unet", "label_free", "windows")],
)
def test_networks_others_cannot_run_are_refused_in_words(architecture, task, words, tmp_path):
    model = write_model(tmp_path / "tiny.gvtmodel", architecture, task)
    failed = exported(model, tmp_path)
    assert isinstance(failed, Failed)
    assert words in failed.message
    assert ".gvtmodel" in failed.remedy
    assert not (tmp_path / "out.zip").exists()


def test_a_file_that_is_there_is_kept(tmp_path):
    model = write_model(tmp_path / "tiny.gvtmodel", "care_2d")
    (tmp_path / "out.zip").write_bytes(b"mine")
    failed = exported(model, tmp_path)
    assert failed.exit_code == 4
    assert (tmp_path / "out.zip").read_bytes() == b"mine"
    assert isinstance(exported(model, tmp_path, overwrite=True), Finished)


def test_learning_from_the_stack_is_nothing_to_export(tmp_path):
    failed, _ = do(
        ExportModelRequest(model="noise2fast", out=str(tmp_path / "out.zip")), tmp_path / "job"
    )
    assert "no model" in failed.message
