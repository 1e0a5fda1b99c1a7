import pytest

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.services.notifications import Notice, Notifications
from gvtstudio.ui.widgets import notice_bar
from gvtstudio.ui.widgets.notice_bar import NoticeBar


@pytest.fixture
def notifications() -> Notifications:
    return Notifications()


@pytest.fixture
def bar(qtbot, notifications) -> NoticeBar:
    bar = NoticeBar(notifications)
    qtbot.addWidget(bar)
    return bar


def test_error_shows_sentence_and_remedy_until_dismissed(qtbot, notifications, bar):
    notifications.report(FileUnreadable("a.tif is damaged.", "Copy it again."))
    assert bar.isVisible()
    assert bar.shown == Notice("a.tif is damaged.", "Copy it again.", "error")
    bar.dismiss()
    assert not bar.isVisible()


def test_errors_wait_for_one_another(qtbot, notifications, bar):
    for name in ("a", "b", "b"):
        notifications.notify(f"{name} is damaged.", level="error")
    assert (bar.shown.sentence, len(bar.waiting)) == ("a is damaged.", 1)
    assert "1 more" in bar._dismiss.text()
    bar.dismiss()
    assert bar.shown.sentence == "b is damaged."


def test_info_goes_away_by_itself(qtbot, notifications, monkeypatch):
    monkeypatch.setattr(notice_bar, "INFO_SHOWN_MS", 50)
    bar = NoticeBar(notifications)
    qtbot.addWidget(bar)
    notifications.notify("Saved.")
    assert bar.isVisible()
    qtbot.waitUntil(lambda: not bar.isVisible())


def test_info_makes_way_for_an_error(qtbot, notifications, bar):
    notifications.notify("Saved.")
    notifications.notify("The disk is full.", level="error")
    assert bar.shown.sentence == "The disk is full."


def test_error_goes_before_a_warning(qtbot, notifications, bar):
    notifications.notify("It is uncalibrated.", level="warning")
    notifications.notify("The disk is full.", level="error")
    assert bar.shown.sentence == "The disk is full."
    bar.dismiss()
    assert bar.shown.sentence == "It is uncalibrated."


def test_one_that_offers_help_goes_before_a_warning(qtbot, notifications, bar):
    notifications.notify("It is uncalibrated.", level="warning")
    notifications.noticed.emit(Notice("a.tif is missing.", level="warning", action="find_moved"))
    assert bar.shown.sentence == "a.tif is missing."
    notifications.noticed.emit(Notice("It is open.", level="warning", action="take_over_project"))
    bar.dismiss()
    notifications.noticed.emit(Notice("All are found.", stays=True))
    told = []
    while bar.shown is not None:
        told.append(bar.shown.sentence)
        bar.dismiss()
    assert told == ["All are found.", "It is uncalibrated.", "It is open."]


def test_details_are_folded_away(qtbot, notifications, bar):
    notifications.noticed.emit(Notice("Something went wrong.", details="Traceback"))
    assert not bar._details_text.isVisible()
    bar._details.click()
    assert bar._details_text.isVisible()
    assert bar._details_text.text() == "Traceback"
