"""A drive that does not answer costs a moment, never the window."""

import threading

from gvtstudio.services.patience import answered


def test_the_answer_of_a_drive_is_taken(tmp_path):
    assert answered(tmp_path.is_dir, otherwise=False)
    assert answered(lambda: 3, otherwise=0) == 3


def test_no_answer_in_time_is_taken_for_the_other():
    go_on = threading.Event()
    assert not answered(lambda: go_on.wait(20), otherwise=False)
    go_on.set()


def test_an_error_of_the_drive_is_taken_for_the_other(tmp_path):
    assert answered(lambda: (tmp_path / "gone").stat().st_size, otherwise=-1) == -1
