"""The offer to resample where a stack has other voxels than a model has seen."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.model_package import read_package, write_package
from gvtstudio.io.places import models_dir
from gvtstudio.ui.pages.restore_page import RestorePage
from tests.services.stacks import write_stack

COARSE = ((0.3, 0.3), (0.2, 0.2), (0.2, 0.2))
"""The stacks have 0.3, 0.1 and 0.1 µm."""


@pytest.fixture
def page(tiny_model, window) -> RestorePage:
    """A page with the tiny model, and the same one again that has seen coarser pixels."""
    package = read_package(models_dir() / "tiny.gvtmodel")
    for name, sizes in (("seen", COARSE), ("like-it", ((0.2, 0.4), (0.1, 0.1), (0.1, 0.1)))):
        card = msgspec.structs.replace(package.card, name=name, title=name, voxel_size_um=sizes)
        named = replace(package, card=card)
        write_package(models_dir() / f"{name}.gvtmodel", named, overwrite=False)
    page = window.show_page("restore")
    page.form.offer_models()
    return page


def with_voxels(info: StackInfo, z: float | None, yx: float | None) -> StackInfo:
    calibration = Calibration(z, yx, yx, source="file")
    return msgspec.structs.replace(info, calibration=calibration)


def test_the_offer_is_there_only_where_sizes_differ_and_is_off(page, open_in, tmp_path):
    info = open_in(write_stack(tmp_path / "a.tif"))
    offer = page.form.resampling
    page.form.models.choose("like-it")
    assert not offer.isVisible()
    page.form.models.choose("tiny")  # its card tells nothing
    assert not offer.isVisible()
    page.form.models.choose("seen")
    assert offer.isVisible()
    assert not offer.switch.isChecked()
    assert page.form.request(info).resample is False
    (words,) = [label.text() for label in offer.findChildren(QLabel) if label.isVisible()]
    assert words.startswith("0.100 × 0.100 × 0.300 µm → 0.200 × 0.200 × 0.300 µm")
    page.form.set_stack(with_voxels(info, 0.3, 0.4))
    words, warning = [label.text() for label in offer.findChildren(QLabel) if label.isVisible()]
    assert words.startswith("0.400 × 0.400 × 0.300 µm → 0.200 × 0.200 × 0.300 µm")
    assert "pixels are coarser than what the model has seen" in warning


def test_what_is_accepted_goes_into_the_request_and_the_command(page, open_in, tmp_path):
    info = open_in(write_stack(tmp_path / "a.tif"))
    page.form.models.choose("seen")
    page.form.resampling.switch.setChecked(True)
    assert page.form.request(info).resample is True
    page.copy_command()
    assert "--resample" in QGuiApplication.clipboard().text()


def test_it_stays_accepted_for_the_same_offer_alone(page, open_in, tmp_path):
    info = open_in(write_stack(tmp_path / "a.tif"))
    page.form.models.choose("seen")
    switch = page.form.resampling.switch
    switch.setChecked(True)
    open_in(write_stack(tmp_path / "b.tif"))
    assert switch.isChecked()  # another stack of the same microscope
    page.form.set_stack(with_voxels(info, 0.3, 0.05))
    assert not switch.isChecked()
    switch.setChecked(True)
    page.form.models.choose("like-it")
    page.form.models.choose("seen")
    assert switch.isChecked() is False


def test_of_all_stacks_each_is_resampled_by_its_own_mismatch(page, open_in, tmp_path):
    info = open_in(write_stack(tmp_path / "a.tif"))
    page.form.models.choose("seen")
    page.form.resampling.switch.setChecked(True)
    others = [with_voxels(info, 0.3, 0.2), with_voxels(info, None, None), with_voxels(info, 1, 0.4)]
    asked = [page.form.request(stack).resample for stack in (info, *others)]
    assert asked == [True, False, False, True]


def test_a_resampled_stack_is_restored_with_its_own_voxels(qtbot, window, page, open_in, tmp_path):
    info = open_in(write_stack(tmp_path / "a.tif"))
    page.form.models.choose("seen")
    page.form.resampling.switch.setChecked(True)
    page.form.folder_edit.setText(str(tmp_path / "out"))
    page.restore()
    qtbot.waitUntil(lambda: len(window.workbench.session.results) == 1, timeout=60_000)
    result = window.workbench.session.results[0].info
    assert Path(result.path).name == "a_denoised_seen.ome.tif"
    assert (result.shape, result.dtype) == (info.shape, info.dtype)
    assert result.calibration.x_um == pytest.approx(0.1)
