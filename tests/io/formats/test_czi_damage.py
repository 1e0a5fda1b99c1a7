"""CZI that is damaged, or holds what cannot be read: a sentence, and nothing worse."""

import struct

import numpy as np
import pytest
from pylibCZIrw.czi import create_czi

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.io.formats.czi_directory import Piece
from gvtstudio.io.formats.czi_layout import arrange
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.czi_for_tests import read, write
from tests.io.reading_for_tests import assert_scenes_survive, cut
from tests.io.stacks_for_tests import numbered


@pytest.fixture
def written(tmp_path):
    """A file of two scenes, with the tiles it is made of."""
    return tmp_path / "made.czi", write(tmp_path / "made.czi")


@pytest.mark.parametrize(
    ("rectangle", "place", "words"),
    [
        ((1 << 30, 0, 9, 8), {}, "planes of"),
        ((0, 0, 1 << 20, 1 << 20), {}, "an image of"),
        ((0, 0, -9, 8), {}, "an image of"),
        ((0, 0, 9, 8), {"Z": 1 << 30}, "planes are announced"),
        ((0, 0, 9, 8), {"T": -(1 << 30), "Z": 1 << 30}, "planes are announced"),
    ],
)
@pytest.mark.parametrize("packing", ["", "Zstandard"])
def test_a_directory_that_announces_too_much(rectangle, place, words, packing):
    good = Piece(1000, {"T": 0, "Z": 0}, (0, 0, 9, 8), "Gray16", "")
    bad = Piece(2000, {"T": 0, "Z": 0} | place, rectangle, "Gray16", packing)
    with pytest.raises(ValueError, match=words):
        arrange([good, bad], 100_000)


def _patch_entries(content, offset, layout, value):
    """Put a number into every entry of the directory, and into the copies beside the pixels."""
    start = 0
    while (start := content.find(b"DV", start)) >= 0:
        struct.pack_into(layout, content, start + offset, value)
        start += 2


@pytest.mark.parametrize(
    ("offset", "layout", "value", "words"),
    [
        (18, "<i", 1, "packed in a way that cannot be read \\(JPEG\\)"),
        (18, "<i", 2, "LZW"),
        (18, "<i", 77, "packing 77"),
        (2, "<i", 10, "Gray64ComplexFloat"),
        (2, "<i", 12, "Gray32"),
        (2, "<i", 8, "Bgr96Float"),
        (2, "<i", 55, "type 55"),
        (28, "<i", 130, "130 dimensions"),
        (28, "<i", -3, "-3 dimensions"),
    ],
)
def test_what_libczi_cannot_read_is_refused(tmp_path, offset, layout, value, words):
    path = tmp_path / "a.czi"
    with create_czi(str(path)) as file:
        file.write(numbered((8, 9, 1), "uint16"))
        file.write_metadata()
    content = bytearray(path.read_bytes())
    _patch_entries(content, offset, layout, value)
    path.write_bytes(content)
    with pytest.raises(FileUnreadable, match=words):
        read(path)


def test_sizes_that_cannot_be_are_refused_before_anything_is_read(tmp_path):
    path = tmp_path / "a.czi"
    with create_czi(str(path)) as file:
        file.write(numbered((8, 9, 1), "uint16"))
        file.write_metadata()
    content = bytearray(path.read_bytes())
    for axis in (b"X\0\0\0", b"Y\0\0\0"):
        start = 0
        while (start := content.find(axis + b"\0\0\0\0", start)) >= 0:
            struct.pack_into("<i", content, start + 8, 1 << 20)
            struct.pack_into("<i", content, start + 16, 1 << 20)
            start += 4
    path.write_bytes(content)
    with pytest.raises(FileUnreadable, match="1048576 × 1048576 pixels"):
        open_stack(path)


@pytest.mark.parametrize("index", [1 << 30, -7])
def test_channels_that_are_numbered_wildly(tmp_path, index):
    path, image = tmp_path / "a.czi", numbered((8, 9, 1), "uint16")
    with create_czi(str(path)) as file:
        file.write(image, plane={"C": 0})
        file.write_metadata(channel_names={0: "GFP"})
    content = path.read_bytes()
    path.write_bytes(content.replace(b"C\0\0\0\0\0\0\0", b"C\0\0\0" + struct.pack("<i", index)))
    assert [channel.name for channel in inspect_stack(path).channels] == ["Channel 1"]
    np.testing.assert_array_equal(read(path)[0, 0, 0], image[:, :, 0])


@pytest.mark.parametrize("kept", [0.01, 0.3, 0.7, 0.99])
def test_a_file_that_was_cut_off(written, kept):
    path, _ = written
    cut(path, kept)
    with pytest.raises(FileUnreadable, match="damaged or incomplete"):
        open_stack(path)


def test_damaged_metadata_cost_the_voxel_size_only(written):
    path, tile = written
    content = path.read_bytes()
    path.write_bytes(content.replace(b"</Scaling>", b"</Sxaling>"))
    info = inspect_stack(path, 1)
    assert info.calibration.source == "unknown"
    assert any("voxel size is not known" in warning for warning in info.warnings)
    np.testing.assert_array_equal(read(path, 1), tile[:, :, :, 0, :9, :11])


@pytest.mark.parametrize("seed", range(80))
def test_random_damage_never_shows_a_traceback(written, seed, capfd):
    path, _ = written
    random = np.random.default_rng(seed)
    size = path.stat().st_size
    begin, end = [(0, size), (16, 1200), (size - 40_000, size)][seed % 3]
    assert_scenes_survive(path, random.integers(begin, end, 12), random)
    assert capfd.readouterr() == ("", "")
