from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from gvtstudio.io.system_paths import (
    link_name,
    linked_place,
    long_path,
    on_other_drives,
    relative_link,
    same_name,
)

W = PureWindowsPath
DEEP = "\\".join(["very long name of a folder"] * 12)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("C:\\short\\a.tif", "C:\\short\\a.tif"),
        (f"C:\\{DEEP}\\a.tif", f"\\\\?\\C:\\{DEEP}\\a.tif"),
        (f"C:\\x\\..\\{DEEP}\\中 文.tif", f"\\\\?\\C:\\{DEEP}\\中 文.tif"),
        (f"\\\\server\\share\\{DEEP}\\a.tif", f"\\\\?\\UNC\\server\\share\\{DEEP}\\a.tif"),
        (f"\\\\?\\C:\\{DEEP}\\a.tif", f"\\\\?\\C:\\{DEEP}\\a.tif"),
        (f"{DEEP}\\a.tif", f"{DEEP}\\a.tif"),
    ],
)
def test_windows_takes_long_paths_with_a_prefix(before, after):
    assert long_path(W(before)) == W(after)


def test_other_systems_need_no_prefix():
    path = PurePosixPath("/" + 400 * "x")
    assert long_path(path) is path


@pytest.mark.parametrize(
    ("folder", "file", "relative"),
    [
        ("E:\\study\\p", "E:\\study\\data\\a.tif", "../data/a.tif"),
        ("E:\\study\\p", "e:\\Study\\data\\a.tif", "../data/a.tif"),
        ("C:\\p", "E:\\a.tif", ""),
        ("C:\\p", "\\\\server\\share\\a.tif", ""),
        ("\\\\server\\share\\p", "\\\\server\\share\\Daten Ü\\a.tif", "../Daten Ü/a.tif"),
        ("\\\\server\\share\\p", "\\\\other\\share\\a.tif", ""),
        ("\\\\server\\one\\p", "\\\\server\\two\\a.tif", ""),
    ],
)
def test_links_between_windows_folders(folder, file, relative):
    assert relative_link(W(folder), W(file)) == relative


@pytest.mark.parametrize("folder", ["F:\\stick\\p", "\\\\server\\share\\stick\\p"])
def test_project_and_data_on_another_drive_or_share(folder):
    link = relative_link(W("E:\\stick\\p"), W("E:\\stick\\data\\a.tif"))
    assert linked_place(W(folder), link) == W(folder).parent / "data" / "a.tif"


def test_links_go_from_windows_to_other_systems():
    link = relative_link(W("E:\\stick\\p"), W("E:\\stick\\data\\a.tif"))
    place = linked_place(PurePosixPath("/media/stick/p"), link)
    assert place == PurePosixPath("/media/stick/data/a.tif")


def test_a_path_on_other_drives():
    found = on_other_drives(W("E:\\data\\a.tif"), ["C:", "e:", "F:"])
    assert found == [W("C:\\data\\a.tif"), W("F:\\data\\a.tif")]
    assert on_other_drives(W("\\\\server\\share\\a.tif"), ["C:"]) == []
    assert on_other_drives(W("/data/a.tif"), ["C:"]) == []


@pytest.mark.parametrize(
    "path", ["D:\\data\\cell 1.tif", "\\\\server\\share\\cell 1.tif", "/data/cell 1.tif"]
)
def test_the_name_of_a_path_from_any_system(path):
    assert link_name(path) == "cell 1.tif"


def test_a_backslash_in_a_name_of_linux_stays():
    assert link_name("/data/a\\b.tif") == "a\\b.tif"


def test_names_from_apple_are_the_same_names():
    assert same_name("Zelle a\u0308.tif", "Zelle \u00e4.tif")
    assert not same_name("a.tif", "A.tif")


def test_a_path_of_this_system_is_taken_and_given():
    assert long_path(Path("a.tif")) == Path("a.tif")
