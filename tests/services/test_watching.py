"""What a restoration has done so far is shown beside its input, and follows the work."""

from pathlib import Path

import numpy as np
import pytest

from gvtstudio.domain.job import RestoreRequest, TrainRequest
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.services import watching
from gvtstudio.services.plane_values import PlaneRequest, VolumeKey
from gvtstudio.services.workbench import Workbench
from tests.services.stacks import write_stack


@pytest.fixture
def workbench(qtbot, engine_command, monkeypatch):
    monkeypatch.setattr(watching, "REFRESH_INTERVAL_MS", 50)
    bench = Workbench(engine_command)
    yield bench
    bench.shut_down()
    bench.deleteLater()


@pytest.fixture
def growing(qtbot, workbench, tmp_path):
    """A restoration at work of which a part can be seen."""
    source = write_stack(tmp_path / "a.tif", (4, 8, 8))
    request = RestoreRequest(input=str(source), model="grow", output_dir="")
    job = workbench.queue.submit(request, "Restoring a.tif")
    qtbot.waitUntil(lambda: bool(workbench.queue.job(job.id).preview), timeout=15_000)
    return workbench.queue.job(job.id)


def shown(workbench) -> list[tuple[str, str]]:
    return [(c.title, c.info.path) for c in workbench.session.comparison]


def watch(qtbot, workbench, job) -> None:
    with qtbot.waitSignal(workbench.session.comparison_requested, timeout=5000):
        workbench.watcher.watch(job.id)


def test_input_and_what_is_restored_so_far_are_compared(qtbot, workbench, growing):
    watch(qtbot, workbench, growing)
    assert shown(workbench) == [
        ("input", growing.request.input),
        ("restored so far", growing.preview),
    ]
    assert workbench.session.comparison[1].info.shape == (1, 4, 1, 8, 8)
    assert workbench.session.results == ()  # a project must not keep a file that vanishes


def test_growth_is_told_once_in_an_interval_and_only_while_it_is_shown(qtbot, workbench, growing):
    heard = []
    workbench.watcher.file_grew.connect(heard.append)
    workbench.queue.preview_grew.emit(growing)
    watch(qtbot, workbench, growing)
    for _ in range(5):
        workbench.queue.preview_grew.emit(growing)
    assert heard == [growing.preview]
    # What grew since then is told when the interval is over.
    qtbot.waitUntil(lambda: len(heard) == 2, timeout=5000)
    qtbot.wait(120)
    assert heard == [growing.preview] * 2
    workbench.session.compare(())
    workbench.queue.preview_grew.emit(growing)
    qtbot.wait(120)
    assert len(heard) == 2


def test_a_job_that_is_over_is_not_shown(qtbot, workbench, growing):
    workbench.queue.cancel(growing.id)
    qtbot.waitUntil(lambda: workbench.queue.job(growing.id).is_over, timeout=15_000)
    workbench.watcher.watch(growing.id)
    workbench.watcher.shut_down()
    assert shown(workbench) == []


def test_a_stopped_job_stays_on_screen(qtbot, workbench, growing):
    watch(qtbot, workbench, growing)
    before = shown(workbench)
    workbench.queue.cancel(growing.id)
    qtbot.waitUntil(lambda: workbench.queue.job(growing.id).is_over, timeout=15_000)
    assert shown(workbench) == before
    assert JobFolder(Path(growing.folder)).unfinished_path.is_file()


def test_planes_of_the_growing_file_are_what_is_done(qtbot, workbench, growing):
    key = workbench.planes.open(growing.preview)
    with qtbot.waitSignal(workbench.planes.plane_ready, timeout=5000) as heard:
        workbench.planes.request(PlaneRequest("a", VolumeKey(key, 0, 0), "XZ", 0))
    assert np.array_equal(heard.args[0].values[:, 0], [7, 8, 0, 0])


def test_what_a_training_shows_is_no_result_to_watch(qtbot, workbench, tmp_path):
    grown = []
    workbench.queue.preview_grew.connect(grown.append)
    request = TrainRequest(task="denoising", recipe="crops", out=str(tmp_path / "m.gvtmodel"))
    with qtbot.waitSignal(workbench.queue.job_ended, timeout=15_000) as ended:
        workbench.queue.submit(request, "Training")
    assert ended.args[0].state == "finished"
    assert grown == []
