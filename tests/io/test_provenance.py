import pytest
import tifffile

from gvtstudio.domain.provenance import Provenance
from gvtstudio.io.provenance_file import read_provenance, sidecar_bytes, sidecar_path
from gvtstudio.io.provenance_text import (
    info_with_provenance,
    provenance_from_json,
    provenance_json,
    provenance_pairs,
    split_info,
)
from tests.io.stacks_for_tests import PROVENANCE, numbered


def test_json_comes_back_as_it_was():
    assert provenance_from_json(provenance_json(PROVENANCE)) == PROVENANCE
    assert "\n" not in provenance_json(PROVENANCE)


def test_a_path_that_is_no_text_is_written_with_a_mark():
    written = provenance_json(Provenance("p", input_path="/data/\udcff.tif"))
    assert provenance_from_json(written) == Provenance("p", input_path="/data/\ufffd.tif")


@pytest.mark.parametrize("text", ["", "{}", "[]", "no json", '{"program": 3}'])
def test_anything_else_is_no_provenance(text):
    assert provenance_from_json(text) is None


def test_pairs_are_for_people_and_leave_out_what_is_empty():
    pairs = provenance_pairs(Provenance("GVT", numbers={"seconds": 1.5}))
    assert pairs == {"program": "GVT", "numbers seconds": "1.5"}


@pytest.mark.parametrize("text", ["", "one line", "Objective = 63x\n\nµ 中文", " = \n= ="])
def test_info_text_and_provenance_are_told_apart(text):
    joined = info_with_provenance(text, PROVENANCE)
    assert split_info(joined) == (text, PROVENANCE)


def test_provenance_does_not_pile_up():
    once = info_with_provenance("text", PROVENANCE)
    again = info_with_provenance(split_info(once)[0], PROVENANCE)
    assert again == once


def test_info_of_others_is_left_alone():
    text = "Made by GVT Studio\nbut not really\n"
    assert split_info(text) == (text, None)


def test_the_note_beside_a_file_is_read_when_nothing_is_inside(tmp_path):
    path = tmp_path / "Ünï.tif"
    tifffile.imwrite(path, numbered((5, 7)))
    assert read_provenance(path) is None
    sidecar_path(path).write_bytes(sidecar_bytes(PROVENANCE))
    assert read_provenance(path) == PROVENANCE


def test_files_without_provenance_have_none(tmp_path):
    assert read_provenance(tmp_path / "gone.tif") is None
    (tmp_path / "text.tif").write_text("no image")
    assert read_provenance(tmp_path / "text.tif") is None
