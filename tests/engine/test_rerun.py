"""Making results again from what is written in them."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.job import RerunRequest, RestoreRequest
from gvtstudio.domain.messages import Failed, Finished, Log
from gvtstudio.io.provenance_file import sidecar_path
from tests.engine.stacks_for_tests import do, noisy, write_stack, write_tiny_model


@pytest.fixture
def restored(tmp_path) -> Path:
    """A stack, a model and the result of one by the other."""
    stack = write_stack(tmp_path / "in" / "a.ome.tif", noisy())
    model = write_tiny_model(tmp_path / "tiny.gvtmodel")
    request = RestoreRequest(
        input=str(stack), model=str(model), output_dir=str(tmp_path / "out"), device="cpu",
        precision="float32", flips=True,
    )  # fmt: skip
    ending, _ = do(request, tmp_path / "job")
    assert isinstance(ending, Finished), ending
    return Path(ending.outputs[0])


def again(tmp_path: Path, result: Path, **changes: str) -> tuple[Finished | Failed, list]:
    ending, said = do(RerunRequest(result=str(result), **changes), tmp_path / "job again")
    return ending, said


def test_a_result_is_made_again_bit_for_bit(tmp_path, restored):
    ending, _ = again(tmp_path, restored)
    assert isinstance(ending, Finished), ending
    assert ending.numbers["differing_voxels"] == 0
    assert ending.numbers["voxels"] == 8 * 24 * 28
    assert "is the same: all 5,376 voxels are equal" in ending.verdict
    assert ending.outputs == ()


def test_a_voxel_that_was_changed_is_found(tmp_path, restored):
    image = tifffile.imread(restored)
    image[3, 5, 7] += 9
    write_stack(restored, image)  # the note beside it stays
    ending, _ = again(tmp_path, restored, out=str(tmp_path / "kept"))
    assert ending.numbers["differing_voxels"] == 1
    assert ending.numbers["largest_difference"] == 9
    assert "differs" in ending.verdict
    (new,) = ending.outputs
    assert Path(new).name == restored.name
    assert tifffile.imread(new)[3, 5, 7] == image[3, 5, 7] - 9


def test_an_input_that_was_moved_beside_the_result_is_found(tmp_path, restored):
    (tmp_path / "in" / "a.ome.tif").rename(restored.parent / "a.ome.tif")
    ending, _ = again(tmp_path, restored)
    assert isinstance(ending, Finished), ending


def test_what_is_missing_is_asked_for_and_can_be_named(tmp_path, restored):
    moved = tmp_path / "elsewhere.tif"
    (tmp_path / "in" / "a.ome.tif").rename(moved)
    ending, _ = again(tmp_path, restored)
    assert isinstance(ending, Failed)
    assert "a.ome.tif" in ending.message
    assert "--input" in ending.remedy
    (tmp_path / "tiny.gvtmodel").rename(tmp_path / "b.gvtmodel")
    ending, _ = again(tmp_path, restored, input=str(moved))
    assert isinstance(ending, Failed)
    assert "--model" in ending.remedy
    ending, _ = again(tmp_path, restored, input=str(moved), model=str(tmp_path / "b.gvtmodel"))
    assert isinstance(ending, Finished), ending
    assert ending.numbers["differing_voxels"] == 0


def test_another_input_or_model_is_refused(tmp_path, restored):
    source = tmp_path / "in" / "a.ome.tif"
    original = source.read_bytes()
    write_stack(source, noisy(seed=5))
    ending, _ = again(tmp_path, restored)
    assert isinstance(ending, Failed)
    assert "content is another" in ending.message
    source.write_bytes(original)
    ending, _ = again(tmp_path, restored, model="denoise-fluorescence-3d")
    assert isinstance(ending, Failed)
    assert "other weights" in ending.message


def test_a_card_that_is_not_there_is_told(tmp_path, restored):
    note = sidecar_path(restored)
    told = json.loads(note.read_text(encoding="utf-8"))
    told["parameters"]["device"] = "cuda:7"
    write_stack(restored, tifffile.imread(restored))
    note.write_text(json.dumps(told), encoding="utf-8")
    ending, said = again(tmp_path, restored)
    assert isinstance(ending, Finished), ending
    assert any(isinstance(each, Log) and "cuda:7 is not there" in each.text for each in said)


def test_what_this_program_did_not_restore_is_refused(tmp_path):
    stack = write_stack(tmp_path / "a.ome.tif", np.ones((3, 8, 8), np.uint16))
    ending, _ = again(tmp_path, stack)
    assert isinstance(ending, Failed)
    assert "tells how it was restored" in ending.message
    note = {"program": "GVT Studio 9", "request": {"type": "restore", "unheard": 1}}
    sidecar_path(stack).write_text(json.dumps(note), encoding="utf-8")
    ending, _ = again(tmp_path, stack)
    assert "another version" in ending.message
