import sys
from pathlib import Path

import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.job import SimulateRequest
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.folder_images import MOST_IMAGES, images_in
from gvtstudio.services.session import ComparedStack, StackResult
from gvtstudio.services.workbench import Workbench
from gvtstudio.simulation import RECIPES
from tests.io.sequences_for_tests import planes, write_sequence
from tests.services.stacks import write_scenes, write_stack


@pytest.fixture
def notices(workbench: Workbench) -> list:
    heard = []
    workbench.notifications.noticed.connect(heard.append)
    return heard


def open_and_wait(qtbot, workbench: Workbench, paths: list[Path], count: int) -> None:
    workbench.open_paths([str(path) for path in paths])
    qtbot.waitUntil(lambda: len(workbench.session.stacks) == count, timeout=20_000)


def described(path: Path) -> StackInfo:
    return StackInfo(str(path), (1, 1, 1, 8, 8), "uint8", default_channels(1), Calibration())


def test_dropped_stack_is_described_and_current(qtbot, workbench, tmp_path):
    path = write_stack(tmp_path / "Zellkern größe 细胞.tif")
    open_and_wait(qtbot, workbench, [path], 1)
    info = workbench.session.current
    assert info.path == str(path)
    assert info.shape == (1, 5, 1, 24, 32)
    assert info.calibration.describe() == "0.100 × 0.100 × 0.300 µm"
    assert workbench.settings.settings.recent_stacks == (str(path),)


def test_broken_file_gives_a_notice_and_the_others_stay(qtbot, workbench, notices, tmp_path):
    good = write_stack(tmp_path / "good.tif")
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\x00 this is no image")
    text = tmp_path / "notes.tif"
    text.write_text("hello", encoding="utf-8")
    open_and_wait(qtbot, workbench, [broken, good, text], 1)
    assert [notice.level for notice in notices] == ["error", "error"]
    assert "broken.tif" in notices[0].sentence
    assert "notes.tif" in notices[1].sentence


def test_folder_opens_its_images(qtbot, workbench, tmp_path):
    for name in ("b.tif", "a.TIFF"):
        write_stack(tmp_path / "folder" / name)
    (tmp_path / "folder" / "notes.txt").write_text("no image", encoding="utf-8")
    open_and_wait(qtbot, workbench, [tmp_path / "folder"], 2)
    assert [info.name for info in workbench.session.stacks] == ["a.TIFF", "b.tif"]


def test_folder_of_planes_is_one_stack_and_says_so(qtbot, workbench, notices, tmp_path):
    folder = write_sequence(tmp_path / "cells", "img_t{t}_c{c}.tif", planes()[:, :1])
    open_and_wait(qtbot, workbench, [folder], 1)
    (info,) = workbench.session.stacks
    assert (info.path, info.shape[:3]) == (str(folder), (2, 1, 2))
    assert "4 files" in notices[-1].sentence
    assert "drop the files" in notices[-1].sentence


def test_planes_of_a_folder_that_are_dropped_open_singly(qtbot, workbench, tmp_path):
    folder = write_sequence(tmp_path / "cells", "img_t{t}_c{c}.tif", planes()[:, :1])
    open_and_wait(qtbot, workbench, sorted(folder.iterdir()), 4)


def test_a_running_number_of_files_is_asked_for(qtbot, workbench, tmp_path):
    folder = write_sequence(tmp_path / "cells", "img_{z:03d}.tif", planes()[:1, :, :1])
    with qtbot.waitSignal(workbench.session.axes_unclear, timeout=20_000) as asked:
        workbench.open_paths([str(folder)])
    assert asked.args[0].path == str(folder)


def test_folder_without_images_gives_a_notice(qtbot, workbench, notices, tmp_path):
    workbench.open_paths([str(tmp_path)])
    qtbot.waitUntil(lambda: bool(notices))
    assert "holds no image" in notices[0].sentence
    assert workbench.queue.jobs == ()


def test_folder_with_very_many_images_opens_some_and_says_so(qtbot, workbench, notices, tmp_path):
    for number in range(MOST_IMAGES + 1):
        (tmp_path / f"{number:04}.tif").touch()
    workbench.open_paths([str(tmp_path)])
    qtbot.waitUntil(lambda: bool(workbench.queue.jobs))
    (job,) = workbench.queue.jobs
    assert len(job.request.paths) == MOST_IMAGES
    assert f"{MOST_IMAGES} images are opened" in notices[0].sentence
    workbench.queue.cancel_all()


def test_folder_that_cannot_be_listed_is_an_error_with_a_remedy(tmp_path):
    file = tmp_path / "no folder"
    file.touch()
    with pytest.raises(FileUnreadable, match="cannot be read") as caught:
        images_in(file)
    assert caught.value.remedy


def test_scenes_of_one_file_are_open_beside_each_other(qtbot, workbench, tmp_path):
    path = str(write_scenes(tmp_path / "two.ome.tif"))
    workbench.session.open_datasets([(path, 0)])
    qtbot.waitUntil(lambda: len(workbench.session.stacks) == 1, timeout=20_000)
    first = workbench.session.current
    assert (first.scene, first.scene_names) == (0, ("Field A", "Field B"))
    workbench.session.open_datasets([(path, 1)])
    qtbot.waitUntil(lambda: len(workbench.session.stacks) == 2, timeout=20_000)
    second = workbench.session.current
    assert (second.scene, second.shape) == (1, (1, 5, 1, 24, 32))
    workbench.session.open_datasets([(path, 0)])
    assert workbench.session.current == first
    made = described(tmp_path / "made.tif")
    workbench.session.compare_result(StackResult(made, path, "job", source_scene=1))
    assert [column.info for column in workbench.session.comparison] == [second, made]


def test_file_named_in_two_ways_is_open_once(qtbot, workbench, tmp_path):
    path = write_stack(tmp_path / "a.tif")
    open_and_wait(qtbot, workbench, [path], 1)
    with qtbot.waitSignal(workbench.session.current_changed):
        workbench.session.select(None)
    with qtbot.waitSignal(workbench.session.current_changed):
        workbench.open_paths([str(tmp_path / "sub" / ".." / "a.tif")])
    assert workbench.queue.jobs == ()
    assert len(workbench.session.stacks) == 1


def test_removing_the_current_stack_selects_another(qtbot, workbench, tmp_path):
    first, second = described(tmp_path / "1.tif"), described(tmp_path / "2.tif")
    for info in (first, second):
        workbench.session.add(info)
    workbench.session.select(second)
    with qtbot.waitSignal(workbench.session.current_changed) as heard:
        workbench.session.remove(second)
    assert heard.args == [first]
    workbench.session.remove(first)
    assert workbench.session.current is None


def test_result_is_compared_with_its_input(qtbot, workbench, tmp_path):
    source, made = described(tmp_path / "a.tif"), described(tmp_path / "a_denoised.tif")
    workbench.session.add(source)
    with qtbot.waitSignal(workbench.session.comparison_requested) as heard:
        workbench.session.compare_result(StackResult(made, source.path, "job"))
    assert heard.args == [(ComparedStack("input", source), ComparedStack("restored", made))]


def test_simulated_stack_is_opened_and_compared_with_its_truth(qtbot, workbench):
    small = {"size_z": 2, "size_y": 16, "size_x": 16}
    request = SimulateRequest(recipe=next(iter(RECIPES)), output_dir="", parameters=small)
    workbench.queue.submit(request, "Simulating")
    qtbot.waitUntil(lambda: workbench.session.current is not None, timeout=60_000)
    source = workbench.session.current
    assert Path(source.path).parent.name == "noisy"
    made = described(Path(source.path).with_name("made.tif"))
    workbench.session.compare_result(StackResult(made, source.path, "job"))
    columns = {column.title: Path(column.info.path) for column in workbench.session.comparison}
    assert columns["truth"].parent.name == "truth"
    assert columns["truth"].name == source.name


def test_files_for_compare_keep_their_columns(qtbot, workbench, tmp_path):
    paths = [write_stack(tmp_path / f"{name}.tif") for name in ("noisy", "made", "truth")]
    with qtbot.waitSignal(workbench.session.comparison_requested, timeout=20_000) as heard:
        workbench.session.compare_paths([str(p) for p in paths], ("input", "restored", "truth"))
    shown = [(column.title, column.info.name) for column in heard.args[0]]
    assert shown == [("input", "noisy.tif"), ("restored", "made.tif"), ("truth", "truth.tif")]
    assert [info.name for info in workbench.session.stacks] == ["noisy.tif"]


def test_engine_that_dies_of_one_file_still_opens_the_others(qtbot, tmp_path, notices_of_dying):
    bench, notices = notices_of_dying
    paths = [write_stack(tmp_path / name) for name in ("good.tif", "deadly.tif")]
    open_and_wait(qtbot, bench, paths, 1)
    qtbot.waitUntil(lambda: len(notices) == 1, timeout=20_000)
    assert bench.session.stacks[0].name == "good.tif"
    assert "deadly.tif" in notices[0].sentence
    assert notices[0].remedy


@pytest.fixture
def notices_of_dying(qtbot, tmp_path):
    """A workbench whose engine aborts when it meets the file ``deadly.tif``."""
    program = tmp_path / "dying_engine.py"
    program.write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from gvtstudio.engine.__main__ import main\n"
        "if 'deadly' in Path(sys.argv[1], 'request.json').read_text(encoding='utf-8'):\n"
        "    os._exit(134)\n"
        "sys.exit(main())\n",
        encoding="utf-8",
    )
    bench = Workbench((sys.executable, str(program)))
    notices = []
    bench.notifications.noticed.connect(notices.append)
    yield bench, notices
    bench.shut_down()
    bench.deleteLater()
