import logging
import os

import numpy as np
import pytest

import gvtstudio
from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.io import model_shelf
from gvtstudio.io.model_package import Example, ModelPackage, write_package
from gvtstudio.io.model_shelf import find_model, list_models
from gvtstudio.io.places import models_dir


@pytest.fixture(autouse=True)
def bundled(tmp_path, monkeypatch):
    """The folder of the bundled models of an installation that has none yet."""
    package = tmp_path / "site" / "gvtstudio"
    folder = package / "_resources" / "backbones"
    folder.mkdir(parents=True)
    monkeypatch.setattr(gvtstudio, "__file__", str(package / "__init__.py"))
    return folder


def put(folder, name, file_name=""):
    card = ModelCard(
        name=name, title=name, summary="For tests.", task="denoising", architecture="a",
        architecture_parameters={}, parameter_count=1, axes="ZYX",
        normalisation_percentiles=(1.0, 99.0),
    )  # fmt: skip
    array = np.zeros((1, 2, 2), "float32")
    path = folder / f"{file_name or name}.gvtmodel"
    write_package(path, ModelPackage(card, b"weights", Example(array, array)), overwrite=False)
    return path


def test_bundled_models_come_first(bundled):
    own = put(models_dir(), "a-mine")
    theirs = put(bundled, "z-bundled")
    found = [(m.path, m.card.name, m.is_bundled) for m in list_models()]
    assert found == [(theirs, "z-bundled", True), (own, "a-mine", False)]


def test_a_card_is_read_again_only_when_its_package_has_changed(bundled, monkeypatch):
    put(bundled, "good")
    read = []
    real = model_shelf.read_card
    monkeypatch.setattr(model_shelf, "read_card", lambda path: read.append(path) or real(path))
    assert list_models() == list_models()
    assert len(read) == 1
    package = bundled / "good.gvtmodel"
    os.utime(package, ns=(1, 1))
    list_models()
    assert len(read) == 2


def test_unreadable_packages_are_passed_over_with_a_line_in_the_log(bundled, caplog):
    put(bundled, "good")
    (bundled / "broken.gvtmodel").write_bytes(b"no zip")
    with caplog.at_level(logging.WARNING, "gvtstudio.io.model_shelf"):
        assert [m.card.name for m in list_models()] == ["good"]
    assert "broken.gvtmodel" in caplog.text


def test_a_missing_shelf_is_empty(bundled):
    bundled.rmdir()
    bundled.parent.rmdir()
    assert list_models() == []


def test_a_model_is_found_by_its_name_whatever_its_file_is_called(bundled):
    path = put(bundled, "fluo", file_name="something else")
    assert find_model("fluo") == path


def test_a_model_is_found_by_its_path(tmp_path, monkeypatch):
    path = put(tmp_path / "Ünï 中文", "fluo")
    assert find_model(str(path)) == path
    monkeypatch.chdir(path.parent)
    assert find_model("fluo.gvtmodel") == path


def test_a_wrong_name_gets_a_suggestion(bundled):
    put(bundled, "denoise-fluorescence-3d")
    with pytest.raises(UsageError) as caught:
        find_model("denoise-fluorecence-3d")
    assert 'Did you mean "denoise-fluorescence-3d"?' in caught.value.remedy


def test_without_any_model_the_way_on_is_told():
    with pytest.raises(UsageError) as caught:
        find_model("fluo")
    assert "train one" in caught.value.remedy


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FileUnreadable, match=r"gone.gvtmodel was not found"):
        find_model(str(tmp_path / "gone.gvtmodel"))


def test_two_models_of_one_name_are_never_chosen_between_silently(bundled):
    put(bundled, "fluo")
    put(models_dir(), "fluo")
    with pytest.raises(UsageError, match="2 models") as caught:
        find_model("fluo")
    assert "path" in caught.value.remedy
