"""The list of networks: complete, readable, instant."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gvtstudio.__main__ import main
from gvtstudio.cli.architectures import field_words, parameter_words, per_axis, tiling_words
from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.domain.parameters import Parameter
from gvtstudio.networks import ARCHITECTURES
from tests import rules


def test_list_has_every_network_with_all_its_counts_in_100_columns(capsys):
    assert main(["architectures"]) == 0
    text = capsys.readouterr().out
    blocks = text.split("\n\n")
    assert [block.split(":")[0] for block in blocks] == list(ARCHITECTURES)
    assert max(map(len, text.splitlines())) <= 100
    for block, spec in zip(blocks, ARCHITECTURES.values(), strict=True):
        flowing = " ".join(block.split())
        assert spec.title in flowing
        assert spec.advice in flowing
        assert all(f"{c.parameter_count:,} ({c.title})" in flowing for c in spec.configurations)
        assert all(task in flowing for task in spec.tasks)
        assert all(parameter.name in flowing for parameter in spec.parameters)


def test_json_is_one_object_with_every_row(capsys):
    assert main(["architectures", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["architectures"]
    assert [row["name"] for row in rows] == list(ARCHITECTURES)
    for row, spec in zip(rows, ARCHITECTURES.values(), strict=True):
        assert row["parameter_count"] == row["configurations"][0]["parameter_count"]
        assert row["dims"] == len(row["needs"]["size_divisor"]) == spec.spatial_dims
        assert row["needs"]["barriers"] == list(spec.needs.barriers)
        assert "build" not in row


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_one_network_is_shown_with_its_parameters(name: str, capsys):
    assert main(["architectures", name]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    flowing = " ".join(text.split())
    assert re.findall(r"^(\w+):", text, re.MULTILINE) == [name]
    for parameter in ARCHITECTURES[name].parameters:
        assert f"{parameter.name}: {parameter.label} (default" in flowing
        assert parameter.help in flowing


def test_one_network_as_json_is_a_list_of_one(capsys):
    assert main(["architectures", "gvtnet_denoising_2d", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["architectures"]
    assert row["parameter_count"] == 517_344
    assert row["configurations"][1]["parameters"] == {"has_scale_head": False}


def test_unknown_name_is_exit_2_with_the_nearest(capsys):
    assert main(["architectures", "gvtnet_denoising_4d"]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith(
        'There is no architecture "gvtnet_denoising_4d". Did you mean "gvtnet_'
    )


@pytest.mark.parametrize("words", [[], ["gvtnet_denoising_3d"], ["--json"]])
def test_listing_does_not_import_torch(words: list[str], root: Path):
    program = (
        "import sys; from gvtstudio.__main__ import main; "
        f"status = main(['architectures', *{words!r}]); "
        "sys.exit(9 if 'torch' in sys.modules else status)"
    )
    answer = rules.run_python(root, "-c", program)
    assert answer.returncode == 0, answer.stderr
    assert "gvtnet_denoising_3d" in answer.stdout


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        (Parameter("n", "integer", 2, "N", "", minimum=1, maximum=16), "default 2, from 1 to 16"),
        (
            Parameter("n", "number", 0.5, "N", "", minimum=0.1, unit="µm"),
            "default 0.5, from 0.1 µm",
        ),
        (Parameter("n", "switch", True, "N", ""), "default on"),
        (Parameter("n", "choice", "a", "N", "", choices=("a", "b")), "default a, one of a, b"),
    ],
)
def test_defaults_and_ranges_are_told_in_words(parameter: Parameter, words: str):
    assert parameter_words(parameter) == words


def test_numbers_that_differ_name_their_axes():
    assert per_axis((4, 4, 4)) == "4"
    assert per_axis((1, 16, 16)) == "1 in Z, 16 in Y and X"
    assert per_axis((None, 16, 16)) == "16 in Y and X"


def test_needs_of_prediction_are_told_in_words():
    column = PredictionNeeds((1, 16, 16), (None, 87, 87), streams_exactly=False)
    assert field_words(column) == "the whole of Z, and 87 voxels on each side in Y and X"
    assert tiling_words(column) == "in overlapping tiles, blended: close to the result of one piece"
    everything = PredictionNeeds((8, 8), (None, None), streams_exactly=True)
    assert field_words(everything) == "the whole of Y and X"
    assert tiling_words(everything).endswith("around it: the result of one piece exactly")
    many = PredictionNeeds((1,) * 3, (3,) * 3, streams_exactly=True, barriers=tuple("abcdefg"))
    assert tiling_words(many) == (
        "in tiles that exchange the sums of 7 layers (a … g): the result of one piece exactly"
    )
    one = PredictionNeeds((1,) * 3, (3,) * 3, streams_exactly=True, barriers=("bottom",))
    assert "the sums of 1 layer (bottom):" in tiling_words(one)


def test_a_reader_who_has_seen_enough_is_no_fault(root: Path):
    command = [sys.executable, "-m", "gvtstudio", "architectures"]
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
