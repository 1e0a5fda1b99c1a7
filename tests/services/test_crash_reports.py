import sys

import pytest

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.services.crash_reports import CRASH_FILE, ERROR_FILE, CrashReports
from gvtstudio.services.notifications import Notifications


@pytest.fixture
def heard(qtbot):
    notifications = Notifications()
    notices = []
    notifications.noticed.connect(notices.append)
    return notifications, notices


@pytest.fixture
def reports(heard, tmp_path):
    reports = CrashReports(tmp_path / "logs", heard[0])
    before = sys.excepthook
    reports.install()
    yield reports
    reports.uninstall()
    assert sys.excepthook is before


def raise_uncaught(error: BaseException) -> None:
    """As the interpreter does with what nobody caught."""
    sys.excepthook(type(error), error, None)


def test_expected_error_becomes_its_sentence(reports, heard, tmp_path):
    raise_uncaught(FileUnreadable("a.tif is damaged.", "Copy it again."))
    (notice,) = heard[1]
    assert (notice.sentence, notice.remedy) == ("a.tif is damaged.", "Copy it again.")
    assert not (tmp_path / "logs" / ERROR_FILE).exists()


def test_fault_of_the_program_is_written_down_and_told(reports, heard, tmp_path):
    raise_uncaught(ZeroDivisionError("a fault of ours"))
    (notice,) = heard[1]
    assert str(tmp_path / "logs" / ERROR_FILE) in notice.remedy
    assert "a fault of ours" in notice.details
    assert "a fault of ours" in (tmp_path / "logs" / ERROR_FILE).read_text(encoding="utf-8")


def test_crash_of_the_last_run_is_told_once(heard, tmp_path):
    (tmp_path / CRASH_FILE).write_text("Fatal Python error: Aborted", encoding="utf-8")
    reports = CrashReports(tmp_path, heard[0])
    reports.install()
    reports.tell_last_crash()
    reports.uninstall()
    (notice,) = heard[1]
    (kept,) = tmp_path.glob("crash-*.txt")
    assert str(kept) in notice.remedy
    assert "Aborted" in kept.read_text(encoding="utf-8")
    assert not (tmp_path / CRASH_FILE).exists()


def test_quiet_run_leaves_nothing(reports, heard, tmp_path):
    reports.tell_last_crash()
    reports.uninstall()
    assert heard[1] == []
    assert list((tmp_path / "logs").iterdir()) == []
