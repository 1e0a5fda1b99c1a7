"""Files of other programs are known by their bytes or names, and refused with the way out."""

import numpy as np
import pytest
import tifffile

from gvtstudio.io.formats import READERS
from gvtstudio.io.other_formats import OTHER_FORMATS
from gvtstudio.io.stacks import inspect_stack
from tests.io.reading_for_tests import refused
from tests.io.stacks_for_tests import numbered

NAMED = [(other, ending) for other in OTHER_FORMATS for ending in other.endings]
WITH_MAGIC = [other for other in OTHER_FORMATS if other.magic]


def titles(others):
    return [other.title for other in others]


@pytest.mark.parametrize(("other", "ending"), NAMED, ids=[ending for _, ending in NAMED])
def test_a_name_is_enough_where_nobody_reads_the_bytes(tmp_path, other, ending):
    path = tmp_path / f"my cells{ending.upper()}"
    path.write_bytes(b"\x01\x02something" * 60)
    error = refused(path)
    assert f"is {other.title}, which this version cannot read yet" in error.message
    assert "Fiji (Bio-Formats)" in error.remedy
    assert "bfconvert INPUT OUTPUT.ome.tif" in error.remedy


@pytest.mark.parametrize("other", WITH_MAGIC, ids=titles(WITH_MAGIC))
def test_bytes_are_enough_whatever_the_name(tmp_path, other):
    path = tmp_path / "renamed.tif"
    path.write_bytes((b"\x01" * other.place + other.magic).ljust(600, b"\0"))
    assert other.title in refused(path).message


@pytest.mark.parametrize("ending", [".pic", ".oir", ".nrrd"])
def test_an_image_that_is_read_may_have_any_name(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    tifffile.imwrite(tmp_path / "a.tif", numbered((8, 9)))
    (tmp_path / "a.tif").rename(path)
    assert inspect_stack(path).shape == (1, 1, 1, 8, 9)


def test_the_overview_of_cellsens_is_not_taken_for_the_image(tmp_path):
    path = tmp_path / "slide.vsi"
    tifffile.imwrite(path, np.zeros((8, 9), "uint8"))
    assert "cellSens" in refused(path).message


def test_no_ending_belongs_to_a_reader():
    read = {ending for reader in READERS.values() for ending in reader.extensions}
    assert read.isdisjoint(ending for _, ending in NAMED)
