"""The paragraph for the methods section, and what to cite."""

from pathlib import Path

import pytest

from gvtstudio.cli.parser import build_parser
from gvtstudio.domain.errors import InputRefused
from gvtstudio.domain.provenance import Provenance
from gvtstudio.io.offered_models import find_offered
from gvtstudio.io.provenance_file import sidecar_bytes, sidecar_path
from gvtstudio.services.methods import methods_of
from gvtstudio.tasks import TASKS, ZERO_SHOT

BACKBONE = "denoise-fluorescence-3d"


def write(path: Path, **fields: object) -> Path:
    """A result, of which here only the note beside it matters."""
    card = find_offered(BACKBONE, ZERO_SHOT).card
    told = {
        "program": "GVT Studio 0.1.0", "task": "denoising", "model": BACKBONE,
        "model_sha256": card.weights_sha256, "architecture": card.architecture,
        "parameters": {"device": "cpu", "precision": "bfloat16", "dtype": "same"}, **fields,
    }  # fmt: skip
    sidecar_path(path).write_bytes(sidecar_bytes(Provenance(**told)))
    return path


def test_results_made_alike_share_a_paragraph(tmp_path):
    results = [write(tmp_path / f"{name}.tif") for name in "abc"]
    methods = methods_of(results)
    assert methods.text.startswith("3 stacks were denoised with GVT Studio 0.1.0. ")
    assert "GVTNet 3D (Wang et al., 2021), model denoise-fluorescence-3d" in methods.text
    assert "percentiles 2 and 99.8 became 0 and 1" in methods.text
    assert "on the processor in bfloat16" in methods.text
    assert "\n" not in methods.text
    assert methods.bibtex.count("@article{wang2021gvtnet,") == 1
    assert "doi = {10.1038/s42256-020-00283-x}" in methods.bibtex
    assert "version = {0.1.0}" in methods.bibtex


def test_other_choices_make_another_paragraph(tmp_path):
    flipped = {"device": "cuda:0", "precision": "float16", "flips": True, "context": "8,64,64"}
    flipped["resample"] = True
    results = [write(tmp_path / "a.tif"), write(tmp_path / "b.tif", parameters=flipped)]
    first, second = methods_of(results).text.split("\n\n")
    assert "mirrored" not in first
    assert "Restorations of mirrored copies were averaged." in second
    assert "a graphics card in float16" in second
    assert "8,64,64 voxels" in second
    assert "resampled to the nearest" in second
    assert "resampled" not in first


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"export_dtype": "uint8"}, "converted to uint8; values beyond it were clipped."),
        (
            {"export_dtype": "uint16", "export_limits": "0,250.5"},
            "converted to uint16, with intensities from 0 to 250.5 spread",
        ),
        ({"export_dtype": "same", "export_limits": "1,9"}, "converted, with intensities from 1 to"),
    ],
)
def test_what_an_export_did_to_the_voxels_is_told(tmp_path, chosen, sentence):
    parameters = {"device": "cpu", "precision": "float32", **chosen}
    text = methods_of([write(tmp_path / "a.tif", parameters=parameters)]).text
    assert f"For export they were {sentence}" in text
    assert "For export" not in methods_of([write(tmp_path / "b.tif")]).text


def test_a_task_with_a_method_of_its_own_is_cited_too(tmp_path):
    path = write(tmp_path / "a.tif", task="isotropic", model="mine", model_sha256="ab" * 32)
    methods = methods_of([path])
    assert "made isotropic" in methods.text
    assert "(Park et al., 2022; Wang et al., 2021)" in methods.text
    assert "trained on" not in methods.text  # the model is not at hand
    assert "@article{park2022isotropic," in methods.bibtex


@pytest.mark.parametrize("task", TASKS)
def test_there_are_words_for_every_task(tmp_path, task):
    assert "stack was " in methods_of([write(tmp_path / "a.tif", task=task)]).text


def test_what_tells_nothing_is_refused(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"II*\0")
    with pytest.raises(InputRefused, match=r"a\.tif"):
        methods_of([tmp_path / "a.tif"])


def test_the_command_prints_either(tmp_path, capsys):
    path = str(write(tmp_path / "a.tif"))
    for arguments, expected in (([], "One stack was denoised"), (["--bibtex"], "@article{wang")):
        options = build_parser().parse_args(["methods", path, *arguments])
        assert options.run(options) == 0
        assert capsys.readouterr().out.startswith(expected)
    options = build_parser().parse_args(["methods", str(tmp_path / "none.tif")])
    assert options.run(options) == 3
    assert "none.tif" in capsys.readouterr().err
