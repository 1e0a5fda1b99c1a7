"""Every scene of a file with its picture: real files of four makers, damaged ones, huge ones."""

import json
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile

from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.scene_looks import SceneLook, ScenesRequest
from gvtstudio.engine import scenes
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.dispatch import run_request
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.stacks import inspect_stack
from tests.io.zarr_for_tests import write_group, write_image

REAL = [
    ("omezarr_hcs/single-plane-hcs.zarr", ("E/08 field 1", "E/07 field 1")),
    ("czi_multiimage/xyz__multiple_images.czi", ("Scene 1", "Scene 2")),
    ("lif_xz/xz-example.lif", ("xzt", "xzy", "xz")),
    ("ndtiff_multipos/labeled_positions_1", ("Pos2", "Pos0", "Pos1")),
]


def looked_at(path: Path, folder: Path, **options: object) -> tuple[object, list[SceneLook]]:
    """How the job ended, and what it said meanwhile."""
    heard: list[object] = []
    folder.mkdir(exist_ok=True)
    request = ScenesRequest(path=str(path), **options)
    ending = run_request(request, JobFolder(folder), Reporter(heard.append, CancelFlag()))
    return ending, [message for message in heard if isinstance(message, SceneLook)]


def picture(look: SceneLook) -> np.ndarray:
    return imagecodecs.png_decode(Path(look.picture).read_bytes())


@pytest.mark.parametrize(("name", "titles"), REAL, ids=lambda value: str(value)[:12])
def test_scenes_of_real_files_are_told_one_by_one(shared_data, tmp_path, name, titles):
    path = shared_data / name
    ending, told = looked_at(path, tmp_path / "job")
    assert isinstance(ending, Finished)
    assert ending.scenes == tuple(told)
    assert tuple(look.name for look in told) == titles
    for scene, look in enumerate(told):
        info = inspect_stack(path, scene)
        assert (look.scene, look.info.shape, look.refused) == (scene, info.shape, "")
        assert look.info.calibration == info.calibration
        shown = picture(look)
        assert max(shown.shape[:2]) == 96
        height, width = info.shape[3:]
        assert shown.shape[0] / shown.shape[1] == pytest.approx(height / width, abs=0.05)
        assert shown.max() > 200
        assert shown.std() > 5


def write_series(path: Path, *arrays: np.ndarray) -> Path:
    with tifffile.TiffWriter(path, ome=True) as file:
        for number, array in enumerate(arrays):
            file.write(array, photometric="minisblack",
                       metadata={"axes": "ZYX", "Name": f"series {number}"})  # fmt: skip
    return path


def test_series_show_their_middle_slice_the_right_way_up(tmp_path):
    first, second = np.zeros((3, 60, 90), np.uint16), np.zeros((5, 30, 40), np.uint16)
    first[1, :30, :45], first[0] = 900, 5000  # only the middle slice counts
    second[2, 20:, 30:] = 3
    path = write_series(tmp_path / "a.ome.tif", first, second)
    _, (one, two) = looked_at(path, tmp_path / "job")
    assert (one.name, two.name) == ("series 0", "series 1")
    shown = picture(one)
    assert shown.shape == (60, 90, 3)
    assert [int(shown[y, x, 0]) for y, x in ((5, 5), (5, 85), (55, 5), (55, 85))] == [255, 0, 0, 0]
    assert (picture(two)[25, 35, 0], picture(two)[5, 5, 0]) == (255, 0)


def test_a_damaged_scene_does_not_keep_the_others_back(tmp_path):
    path = tmp_path / "plate.zarr"
    wells = ("A/1", "A/2", "A/3")
    write_group(path, {"plate": {"wells": [{"path": well} for well in wells]}})
    for well in wells:
        write_group(path / well, {"well": {"images": [{"path": "0"}]}})
        voxels = np.arange(400, dtype=np.uint16).reshape(20, 20)
        write_image(path / well / "0", voxels, "yx", 3)
    for chunk in (path / "A/2").rglob("c/**/*"):
        if chunk.is_file():
            chunk.write_bytes(b"no chunk")
    description = path / "A/1/0/zarr.json"
    damaged = json.loads(description.read_text())
    damaged["attributes"]["ome"]["multiscales"][0]["datasets"] = []
    description.write_text(json.dumps(damaged))
    ending, told = looked_at(path, tmp_path / "job")
    assert isinstance(ending, Finished)
    assert [look.info is None for look in told] == [True, False, False]
    assert [bool(look.picture) for look in told] == [False, False, True]
    assert [bool(look.refused) for look in told] == [True, True, False]
    assert "plate.zarr" in told[1].refused
    _, later = looked_at(path, tmp_path / "again", first=2)
    assert [look.scene for look in later] == [2]


def test_a_file_that_is_no_image_is_refused(tmp_path):
    path = tmp_path / "a.lif"
    path.write_bytes(b"nothing")
    ending, told = looked_at(path, tmp_path / "job")
    assert isinstance(ending, Failed)
    assert (ending.exit_code, told) == (3, [])
    assert "a.lif" in ending.message


def test_of_a_huge_plane_the_middle_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(scenes, "_LONGEST_READ_PX", 100)
    plane = np.zeros((1, 150, 400), np.uint16)
    plane[0, 25:75, 150:200] = 70  # the top left quarter of what is read
    path = write_series(tmp_path / "a.ome.tif", plane, plane[:, :50, :50])
    _, (large, small) = looked_at(path, tmp_path / "job")
    assert (large.is_part, small.is_part) == (True, False)
    shown = picture(large)
    assert shown.shape == (96, 96, 3)
    assert [int(shown[y, x, 0]) for y, x in ((9, 9), (9, 90), (90, 9), (90, 90))] == [255, 0, 0, 0]


def test_a_coarser_copy_is_read_where_there_is_one(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(
        scenes, "open_stack", lambda *a: opened.append(a[4]) or real_open(*a)
    )  # fmt: skip
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as file:
        voxels = np.arange(400 * 480, dtype=np.float32).reshape(400, 480)
        file.write(voxels, tile=(64, 64), subifds=2, metadata={"axes": "YX"})
        for step in (2, 8):
            file.write(voxels[::step, ::step], tile=(64, 64), subfiletype=1)
    ending, (look,) = looked_at(path, tmp_path / "job")
    assert isinstance(ending, Finished)
    assert opened == [0, 0, 1]  # for names, for size, to draw; level 2 is smaller than the picture
    assert look.info.shape[3:] == (400, 480)
    assert picture(look).shape == (80, 96, 3)


def test_pictures_are_replaced_only_when_that_is_said(tmp_path):
    path = write_series(tmp_path / "a.ome.tif", *2 * [np.ones((1, 8, 8), np.uint8)])
    out = tmp_path / "out"
    ending, _ = looked_at(path, tmp_path / "job", output_dir=str(out))
    assert [Path(p).name for p in ending.outputs] == ["a_scene1.png", "a_scene2.png"]
    ending, _ = looked_at(path, tmp_path / "job", output_dir=str(out))
    assert isinstance(ending, Failed)
    assert "exists already" in ending.message
    ending, _ = looked_at(path, tmp_path / "job", output_dir=str(out), overwrite=True)
    assert isinstance(ending, Finished)
    ending, _ = looked_at(path, tmp_path / "job", draws=False)
    assert ending.outputs == ()


real_open = scenes.open_stack
