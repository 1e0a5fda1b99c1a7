import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.sweep_words import clock, plane_words, time_words


def info(**calibration) -> StackInfo:
    size = Calibration(**calibration)
    return StackInfo("a.tif", (20, 40, 1, 8, 8), "uint8", default_channels(1), size)


@pytest.mark.parametrize(
    ("z_um", "words"),
    [
        (None, "slice 3/40"),
        (0.6, "slice 3/40 · 1.2 µm"),
        (0.29, "slice 3/40 · 0.58 µm"),
        (2.0, "slice 3/40 · 4 µm"),
    ],
)
def test_a_plane_has_its_number_and_depth(z_um, words):
    assert plane_words(info(z_um=z_um), 2) == words


@pytest.mark.parametrize(
    ("interval_s", "words"),
    [
        (None, "frame 3/20"),
        (6.25, "time 12.50 s"),
        (30.0, "time 1:00 min"),
        (600, "time 0:20:00 h"),
    ],
)
def test_a_time_point_has_its_time_or_else_its_number(interval_s, words):
    assert time_words(info(time_interval_s=interval_s), 2) == words


@pytest.mark.parametrize(("interval_s", "longest_s"), [(0.29, 30), (7.5, 900), (61.7, 9000)])
def test_words_are_as_long_from_the_first_to_the_last(interval_s, longest_s):
    """But for digits before the first sign: else they would jump about."""
    steps = range(int(longest_s / interval_s))
    words = [clock(step * interval_s, interval_s, longest_s) for step in steps]
    assert len({len(word.split(".")[-1].split(":")[-1]) for word in words}) == 1
    assert len(set(words)) == len(words)
    assert not any(":60" in word for word in words)
