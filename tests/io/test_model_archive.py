"""Zips from anywhere: nothing escapes, nothing is unpickled, nothing fills the memory."""

import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gvtstudio.domain.errors import FileUnreadable, ModelRefused
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.io import model_archive
from gvtstudio.io.bioimage_package import is_bioimage_package
from gvtstudio.io.model_archive import opened_archive, read_member
from gvtstudio.io.model_package import Example, ModelPackage, read_package, write_package


def packed(path: Path, *names: str | zipfile.ZipInfo) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("card.json", *names):
            archive.writestr(name, b"content")
    return path


OUTSIDE = ["../evil", "a/../../evil", "/etc/passwd", "C:\\evil", "..\\evil", "\\\\host\\share\\x"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_members_that_would_lie_elsewhere_are_refused(tmp_path, name):
    path = packed(tmp_path / "m.gvtmodel", name)
    with pytest.raises(ModelRefused, match="outside of it") as refused:
        opened_archive(path, "")
    assert "do harm" in refused.value.remedy


def test_links_are_refused(tmp_path):
    link = zipfile.ZipInfo("weights.safetensors")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(ModelRefused, match="outside of it"):
        opened_archive(packed(tmp_path / "m.gvtmodel", link), "")


def test_names_with_dots_inside_are_no_way_out(tmp_path):
    with opened_archive(packed(tmp_path / "m.gvtmodel", "a..b.npy", "x/y.npy"), "") as archive:
        assert read_member(tmp_path / "m.gvtmodel", archive, "x/y.npy") == b"content"


def test_absurd_sizes_are_refused_before_anything_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(model_archive, "LARGEST_MEMBER", 1 << 20)
    path = tmp_path / "bomb.gvtmodel"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights.safetensors", bytes(2 << 20))
    assert path.stat().st_size < 10_000
    with pytest.raises(ModelRefused, match="larger than any model"):
        opened_archive(path, "")


def test_a_zip_that_lies_about_its_sizes_is_damaged(tmp_path, monkeypatch):
    path = tmp_path / "liar.gvtmodel"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights.safetensors", bytes(2 << 20))
    monkeypatch.setattr(model_archive, "LARGEST_MEMBER", 1 << 20)
    told = (2 << 20).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(told, (1000).to_bytes(4, "little")))
    archive = opened_archive(path, "")
    with archive, pytest.raises((ModelRefused, FileUnreadable)):
        read_member(path, archive, "weights.safetensors")


def test_a_package_of_bioimage_io_is_known_by_its_description(tmp_path):
    assert is_bioimage_package(packed(tmp_path / "a.ZIP", "rdf.yaml"))
    assert is_bioimage_package(packed(tmp_path / "b.zip", "bioimageio.yaml"))
    assert not is_bioimage_package(packed(tmp_path / "c.zip"))
    assert not is_bioimage_package(packed(tmp_path / "d.gvtmodel", "rdf.yaml"))
    assert not is_bioimage_package(tmp_path / "gone.zip")


def test_too_many_members_are_refused(tmp_path):
    path = packed(tmp_path / "m.gvtmodel", *(f"{n}.npy" for n in range(1000)))
    with pytest.raises(ModelRefused, match="1001 files"):
        opened_archive(path, "")


def test_a_package_without_an_example_can_be_read(tmp_path):
    card = ModelCard(
        name="old", title="Old", summary="", task="denoising", architecture="a",
        architecture_parameters={}, parameter_count=1, axes="ZYX",
        normalisation_percentiles=(1.0, 99.0),
    )  # fmt: skip
    path = tmp_path / "old.gvtmodel"
    write_package(path, ModelPackage(card, b"weights", None), overwrite=False)
    assert read_package(path).example is None


def test_an_example_that_is_a_pickle_is_refused_and_not_run(tmp_path, monkeypatch):
    card = ModelCard(
        name="evil", title="Evil", summary="", task="denoising", architecture="a",
        architecture_parameters={}, parameter_count=1, axes="ZYX",
        normalisation_percentiles=(1.0, 99.0),
    )  # fmt: skip
    path = tmp_path / "evil.gvtmodel"
    array = np.zeros((2, 2), np.float32)
    write_package(path, ModelPackage(card, b"weights", Example(array, array)), overwrite=False)
    pickled = tmp_path / "pickled.npy"
    np.save(pickled, np.array([Path("x")], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["example_input.npy"] = pickled.read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(FileUnreadable, match="example"):
        read_package(path)
