"""What is announced is read meanwhile, once, and everything else as ever."""

import threading

import pytest

from gvtstudio.prediction.read_ahead import ReadAhead

ONE, TWO, THREE = (((n, n + 1),) for n in (1, 2, 3))


def test_announced_blocks_are_read_by_another_thread_and_only_once():
    readers: dict[object, list[str]] = {}

    def read(box):
        readers.setdefault(box, []).append(threading.current_thread().name)
        return box

    with ReadAhead(read) as ahead:
        assert ahead.read(ONE) == ONE
        ahead.announce(TWO)
        ahead.announce(TWO)
        assert ahead.read(THREE) == THREE  # nobody announced it, and TWO stays announced
        assert ahead.read(TWO) == TWO
    here = threading.current_thread().name
    assert readers[ONE] == readers[THREE] == [here]
    assert len(readers[TWO]) == 1
    assert readers[TWO] != [here]


def test_reading_goes_on_while_something_else_is_done():
    begun, may_end = threading.Event(), threading.Event()

    def read(box):
        begun.set()
        assert may_end.wait(10)
        return box

    with ReadAhead(read) as ahead:
        ahead.announce(ONE)
        assert begun.wait(10)
        may_end.set()
        assert ahead.read(ONE) == ONE


def test_what_goes_wrong_is_told_where_the_block_is_wanted():
    def read(box):
        raise OSError("gone")

    with ReadAhead(read) as ahead:
        ahead.announce(ONE)
        with pytest.raises(OSError, match="gone"):
            ahead.read(ONE)
        ahead.announce(TWO)  # nobody ever asks for it
