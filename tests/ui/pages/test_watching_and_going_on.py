"""Watching a restoration at work and going on with one that was interrupted, with the mouse."""

from pathlib import Path

import numpy as np
import pytest

from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.region import Region
from gvtstudio.imaging.panel.comparison import Position
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.scratch_stack import ScratchStack, read_description
from gvtstudio.services import watching
from gvtstudio.services.session import ComparedStack, StackResult
from gvtstudio.services.workbench import Workbench
from gvtstudio.ui.viewer.compare_view import UNFINISHED_GONE
from tests.services.stacks import write_stack
from tests.services.stand_in import write_stand_in


@pytest.fixture
def workbench(qtbot, tmp_path, monkeypatch):
    """Services with an engine that does half of a restoration and then waits."""
    monkeypatch.setattr(watching, "REFRESH_INTERVAL_MS", 50)
    bench = Workbench(write_stand_in(tmp_path))
    yield bench
    bench.shut_down()
    bench.deleteLater()


@pytest.fixture
def page(window):
    return window.show_page("jobs")


@pytest.fixture
def growing(qtbot, window, page, tmp_path):
    """The restoration at work, listed on the page."""
    source = write_stack(tmp_path / "a.tif", (4, 8, 8))
    request = RestoreRequest(input=str(source), model="grow", output_dir="")
    queue = window.workbench.queue
    job = queue.submit(request, "Restoring a.tif")
    qtbot.waitUntil(lambda: page._buttons["Watch"].isEnabled(), timeout=15_000)
    return queue.job(job.id)


@pytest.fixture
def views(qtbot, window, page, growing):
    """The views that show it."""
    page._buttons["Watch"].click()
    session = window.workbench.session
    qtbot.waitUntil(lambda: len(session.comparison) == 2, timeout=5000)
    views = window.show_page("compare").views
    qtbot.waitUntil(lambda: views.is_settled, timeout=5000)
    return views


def column_values(views, column: int) -> np.ndarray:
    return views.columns[column].panes["XZ"].values[:, 0]


def grow(window, job) -> None:
    """What the engine does when it has restored more."""
    info = read_description(Path(job.preview))
    path = Path(job.preview)
    with ScratchStack(info, path.parent, path.name, goes_on=True) as scratch:
        region = Region.whole(info.shape).only(z=2)
        scratch.put_region(region, np.full(region.shape, 9, np.uint16))
    window.workbench.queue.preview_grew.emit(job)


def stop(qtbot, window, job) -> None:
    window.workbench.queue.cancel(job.id)
    qtbot.waitUntil(lambda: window.workbench.queue.job(job.id).is_over, timeout=15_000)


def test_what_grows_is_shown_and_everything_else_stays(qtbot, window, growing, views):
    assert window.viewer() is views
    assert column_values(views, 1).tolist() == [7, 8, 0, 0]
    views.move_crosshair(Position(z=3, y=5, x=6))
    views.zoom_in()
    camera, position = views.camera, views.position
    qtbot.waitUntil(lambda: views.is_settled, timeout=5000)
    grow(window, growing)
    qtbot.waitUntil(lambda: column_values(views, 1).tolist() == [7, 8, 9, 0], timeout=5000)
    assert (views.camera, views.position) == (camera, position)


def test_the_unfinished_column_has_the_contrast_of_the_input(views):
    limits = [views._contrast.limits(column) for column in range(2)]
    assert limits[0] == limits[1] == views._feed.summary(0, 0, 0).auto
    views.toggle_linked_contrast(is_linked=False)
    assert views._contrast.limits(1) == limits[0]


def test_it_stands_where_the_result_will_and_is_named(window, views):
    page = window.show_page("compare")
    assert page.boxes["restored"].currentText() == "not finished yet"
    page.boxes["restored"].activated.emit(page.boxes["restored"].currentIndex())
    titles = [column.title for column in window.workbench.session.comparison]
    assert titles == ["input", "restored so far"]


def test_what_is_restored_so_far_is_not_exported(window, views, notices):
    window.workbench.session.compare(window.workbench.session.comparison[1:])
    window.entries["export"].trigger()
    assert [notice.sentence for notice in notices] == ["No stack is open."]


def test_the_result_takes_its_place_without_calling_the_user(qtbot, window, growing, views):
    window.show_page("jobs")
    queue, session = window.workbench.queue, window.workbench.session
    queue.submit(growing.request, "The next one")  # so that this result is not the last
    views.move_crosshair(Position(z=3, y=5, x=6))
    made = read_description(Path(growing.preview))
    runner = queue._runners[growing.id]
    runner._ending = Finished(stacks=(made,))  # an engine that is done and hangs on its way out
    runner._process.kill()
    qtbot.waitUntil(lambda: queue.job(growing.id).state == "finished", timeout=15_000)
    assert [column.title for column in session.comparison] == ["input", "restored"]
    assert views.position == Position(z=3, y=5, x=6)
    assert window._pages["jobs"].isVisible()


def test_a_stopped_one_stays_on_screen_while_its_file_is_there(
    qtbot, window, growing, views, notices
):
    stop(qtbot, window, growing)
    views.move_crosshair(Position(z=1, y=0, x=0))
    qtbot.waitUntil(lambda: views.is_settled, timeout=5000)
    assert column_values(views, 1).tolist() == [7, 8, 0, 0]
    JobFolder(Path(growing.folder)).forget_unfinished()
    views.reread(growing.preview)
    qtbot.waitUntil(lambda: views.columns[1].message == UNFINISHED_GONE, timeout=5000)
    assert notices == []


def test_status_bar_offers_to_watch(qtbot, window, growing):
    assert window.job_status._watch.isVisible()
    with qtbot.waitSignal(window.workbench.session.comparison_requested, timeout=5000):
        window.job_status._watch.click()


def test_nothing_grows_while_the_page_is_hidden(qtbot, window, growing, views):
    window.show_page("jobs")
    with qtbot.waitSignal(window.workbench.watcher.file_grew, timeout=5000):
        grow(window, growing)
    assert views.is_settled
    window.show_page("compare")
    qtbot.waitUntil(lambda: column_values(views, 1).tolist() == [7, 8, 9, 0], timeout=5000)


def test_a_stopped_restoration_is_continued_with_a_button(qtbot, window, page, growing):
    assert not page._buttons["Continue"].isEnabled()
    stop(qtbot, window, growing)
    qtbot.waitUntil(lambda: page._buttons["Continue"].isEnabled())
    assert not page._buttons["Watch"].isEnabled()
    page._buttons["Continue"].click()
    queue = window.workbench.queue
    qtbot.waitUntil(lambda: queue.job(growing.id).state == "finished", timeout=15_000)
    assert len(queue.jobs) == 1
    qtbot.waitUntil(lambda: not page._buttons["Continue"].isEnabled())


def test_a_window_that_starts_lists_what_an_earlier_one_left(qtbot, window, page, growing):
    window.workbench.shut_down()
    later = Workbench()
    qtbot.waitUntil(lambda: len(later.queue.jobs) == 1, timeout=5000)
    assert later.queue.jobs[0].id == growing.id
    assert later.queue.jobs[0].can_continue
    later.shut_down()
    later.deleteLater()


def test_result_of_a_stack_that_was_closed_keeps_its_input(window, growing, views):
    session = window.workbench.session
    made = read_description(Path(growing.preview))
    assert session.stacks == ()
    session.compare_result(StackResult(made, growing.request.input, growing.id))
    assert session.comparison[0] == ComparedStack("input", session.comparison[0].info)
    assert session.comparison[0].info.path == growing.request.input
