import json

import pytest

from gvtstudio.domain.project import (
    PROJECT_VERSION,
    LinkedFile,
    Project,
    ProjectResult,
    ProjectStack,
)
from gvtstudio.io.project_file import load_project
from gvtstudio.io.project_upgrades import UPGRADES, upgraded

# One file of every version there has been, as that version wrote it. Never change one: add one.
FILES = {
    1: {
        "name": "Leber 3", "version": 1, "program_version": "0.1.0",
        "created": "2026-11-20T10:00:00+01:00",
        "stacks": [{"file": {"relative": "../data/cell.tif", "absolute": "/data/cell.tif",
                             "size": 1234, "sha256": "ab"}, "scene": 1, "note": "well B4"}],
        "results": [{"file": {"relative": "results/cell_denoised.ome.tif",
                              "absolute": "/p/results/cell_denoised.ome.tif", "size": 99,
                              "sha256": ""}, "job_id": "20261120-restore", "source_sha256": "ab"}],
    },
    2: {
        "name": "Leber 3", "version": 2, "program_version": "0.1.0",
        "created": "2026-11-20T10:00:00+01:00",
        "stacks": [{"file": {"relative": "../data/cell.tif", "absolute": "/data/cell.tif",
                             "size": 1234, "sha256": "ab", "modified_ns": 1763805600000000000},
                    "scene": 1, "note": "well B4"}],
        "results": [{"file": {"relative": "results/cell_denoised.ome.tif",
                              "absolute": "/p/results/cell_denoised.ome.tif", "size": 99,
                              "sha256": "", "modified_ns": 0},
                     "job_id": "20261120-restore", "source_sha256": "ab", "source_scene": 0}],
    },
    3: {
        "name": "Leber 3", "version": 3, "program_version": "0.1.0",
        "created": "2026-11-20T10:00:00+01:00",
        "stacks": [{"file": {"relative": "../data/cell.tif", "absolute": "/data/cell.tif",
                             "size": 1234, "sha256": "ab", "modified_ns": 1763805600000000000},
                    "scene": 1, "note": "well B4", "axes": "TZ", "voxel_size": "0.3,0.1,0.1"}],
        "results": [{"file": {"relative": "results/cell_denoised.ome.tif",
                              "absolute": "/p/results/cell_denoised.ome.tif", "size": 99,
                              "sha256": "", "modified_ns": 0},
                     "job_id": "20261120-restore", "source_sha256": "ab", "source_scene": 0}],
    },
}  # fmt: skip
MODIFIED_NS = {1: 0}
SAID = {1: ("", ""), 2: ("", "")}


def test_there_is_a_file_and_an_upgrade_of_every_version():
    assert set(FILES) == set(range(1, PROJECT_VERSION + 1))
    assert set(UPGRADES) == set(range(1, PROJECT_VERSION))


@pytest.mark.parametrize("version", FILES)
def test_a_file_of_every_version_opens(tmp_path, version):
    path = tmp_path / "old.gvtproject"
    path.write_text(json.dumps(FILES[version]))
    modified_ns = MODIFIED_NS.get(version, 1763805600000000000)
    source = LinkedFile("../data/cell.tif", "/data/cell.tif", 1234, "ab", modified_ns)
    result = LinkedFile("results/cell_denoised.ome.tif", "/p/results/cell_denoised.ome.tif", 99)
    expected = Project(
        name="Leber 3",
        stacks=(ProjectStack(source, 1, "well B4", *SAID.get(version, ("TZ", "0.3,0.1,0.1"))),),
        results=(ProjectResult(result, "20261120-restore", "ab"),),
        created="2026-11-20T10:00:00+01:00",
        program_version="0.1.0",
    )
    assert load_project(path) == expected
    assert expected.version == PROJECT_VERSION


def test_a_project_without_entries_is_upgraded_too():
    assert upgraded({"name": "n", "version": 1}) == {
        "name": "n", "version": PROJECT_VERSION, "stacks": [], "results": []
    }  # fmt: skip


def test_upgrades_are_applied_one_after_the_other():
    def rename(content):
        content["title"] = content.pop("name")
        return content

    def shout(content):
        return content | {"title": content["title"].upper()}

    content = {"name": "liver", "version": 1}
    result = upgraded(content, {1: rename, 2: shout}, wanted=3)
    assert result == {"title": "LIVER", "version": 3}
    assert content == {"name": "liver", "version": 1}
