import sys

import pytest

import gvtstudio
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.io.resources import backbones_dir, resources_dir


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installation without any shipped file."""
    folder = tmp_path / "site" / "gvtstudio"
    folder.mkdir(parents=True)
    monkeypatch.setattr(gvtstudio, "__file__", str(folder / "__init__.py"))
    return folder


def test_in_a_checkout(package):
    (package.parent / "resources").mkdir()
    assert resources_dir() == package.parent / "resources"
    assert backbones_dir() == package.parent / "resources" / "backbones"


def test_an_installed_wheel_comes_first(package):
    (package.parent / "resources").mkdir()
    (package / "_resources").mkdir()
    assert resources_dir() == package / "_resources"


def test_in_a_frozen_bundle(package, tmp_path, monkeypatch):
    bundle = tmp_path / "bundle"
    (bundle / "gvtstudio" / "_resources").mkdir(parents=True)
    monkeypatch.setattr(sys, "_MEIPASS", str(bundle), raising=False)
    assert resources_dir() == bundle / "gvtstudio" / "_resources"


@pytest.mark.usefixtures("package")
def test_an_incomplete_installation_is_told():
    with pytest.raises(FileUnreadable, match="missing") as caught:
        resources_dir()
    assert "Install" in caught.value.remedy
