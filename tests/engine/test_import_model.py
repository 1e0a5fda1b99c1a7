"""Model files from elsewhere are checked before they are kept."""

from pathlib import Path

import msgspec
import pytest

from gvtstudio.domain.job import ImportModelRequest
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.io.model_package import Example, ModelPackage, read_package, write_package
from gvtstudio.io.model_shelf import list_models
from tests.engine.models_for_tests import write_model
from tests.engine.stacks_for_tests import do


def imported(source: Path, **options: object) -> Finished | Failed:
    return do(ImportModelRequest(source=str(source), **options), source.parent / "job")[0]


def own_models() -> list[str]:
    return [model.card.name for model in list_models() if not model.is_bundled]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "theirs.gvtmodel", "care_2d")


def rewritten(path: Path, **changes: object) -> Path:
    package = read_package(path)
    card = msgspec.structs.replace(package.card, **changes.pop("card", {}))
    fields = {"card": card, "weights": package.weights, "example": package.example} | changes
    write_package(path, ModelPackage(**fields), overwrite=True)
    return path


def test_a_model_that_passes_its_test_can_be_used_by_its_name(model, isolated_home):
    finished = imported(model)
    assert isinstance(finished, Finished), finished
    assert "what it gave" in finished.verdict
    assert own_models() == ["theirs"]
    copy = isolated_home / "models" / "theirs.gvtmodel"
    assert finished.outputs == (str(copy),)
    assert copy.read_bytes() == model.read_bytes()


def test_a_model_that_fails_its_test_is_not_kept(model):
    example = read_package(model).example
    wrong = Example(example.image, example.output + 0.01)
    failed = imported(rewritten(model, example=wrong))
    assert isinstance(failed, Failed)
    assert "gives other results" in failed.message
    assert own_models() == []


def test_an_example_of_another_size_fails_too(model):
    example = read_package(model).example
    failed = imported(rewritten(model, example=Example(example.image, example.output[:2])))
    assert "gives other results" in failed.message
    failed = imported(rewritten(model, example=Example(example.image[None, None], example.output)))
    assert "cannot restore the image" in failed.message


def test_an_old_model_without_a_test_is_imported_with_a_note(model):
    finished = imported(rewritten(model, example=None))
    assert "no test image" in finished.verdict
    assert own_models() == ["theirs"]


def test_the_same_model_is_imported_once(model):
    imported(model)
    assert "already" in imported(model).message
    assert "already" in imported(model, overwrite=True).message


def test_another_model_of_that_name_is_replaced_only_when_told(model):
    imported(model)
    other = write_model(
        model.parent / "b" / "theirs.gvtmodel", "care_2d", parameters={"base_channels": 4}
    )
    assert "another model called theirs" in imported(other).message
    assert isinstance(imported(other, overwrite=True), Finished)
    assert len(own_models()) == 1


def test_the_name_of_a_bundled_model_stays_its_own(model):
    failed = imported(rewritten(model, card={"name": "project-epithelium"}), overwrite=True)
    assert "another model called project-epithelium" in failed.message


def test_a_name_cannot_lead_out_of_the_folder_of_models(model, isolated_home):
    finished = imported(rewritten(model, card={"name": "../../evil/x"}))
    (path,) = finished.outputs
    assert Path(path).parent == isolated_home / "models"


def test_what_is_no_model_is_refused_in_words(tmp_path):
    path = tmp_path / "notes.gvtmodel"
    path.write_text("no zip")
    failed = imported(path)
    assert failed.exit_code == 3
    assert failed.remedy
