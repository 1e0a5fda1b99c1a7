import shlex
import sys
from pathlib import Path

import pytest

from gvtstudio.cli.parser import build_parser
from gvtstudio.cli.train import training_request
from gvtstudio.domain.job import RestoreRequest, TrainRequest
from gvtstudio.domain.parameters import Parameter, Value
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.services.command_text import restore_command, train_command
from gvtstudio.tasks import TASKS


@pytest.mark.skipif(sys.platform == "win32", reason="other quotes on Windows")
def test_command_names_what_differs_from_the_default_and_can_be_pasted():
    request = RestoreRequest(
        input="/data/größe 1/a'b.tif", model="m", output_dir="/out put", device="cuda:0", scene=2
    )
    assert shlex.split(restore_command(request)) == [
        "gvtstudio", "restore", "/data/größe 1/a'b.tif", "--scene", "2", "--model", "m",
        "--device", "cuda:0", "--out", "/out put",
    ]  # fmt: skip


def test_a_switch_is_named_only_where_it_is_on():
    request = RestoreRequest(input="a.tif", model="m", output_dir="out", flips=True)
    assert "--flips" in restore_command(request)
    assert "--flips" not in restore_command(RestoreRequest(input="a", model="m", output_dir="o"))


def test_resampling_is_named_where_it_is_asked_for():
    request = RestoreRequest(input="a", model="m", output_dir="o", resample=True)
    assert "--resample" in restore_command(request)
    assert "--resample" not in restore_command(RestoreRequest(input="a", model="m", output_dir="o"))


def test_what_is_set_for_learning_from_the_stack_itself_is_named():
    values = {"seed": 3, "from_last_plane": True, "most_steps": 2000}
    request = RestoreRequest(input="a", model="noise2fast", output_dir="o", parameters=values)
    command = restore_command(request)
    assert "--model noise2fast --seed 3 --from-last-plane --out o" in command


def test_a_typed_voxel_size_is_named():
    request = RestoreRequest(input="a", model="m", output_dir="o", voxel_size="0.3,0.1,0.1")
    assert "--voxel-size 0.3,0.1,0.1" in restore_command(request)


def test_another_template_is_named():
    request = RestoreRequest(input="a", model="m", output_dir="o", name_template="{name} {date}")
    assert "--name-template '{name} {date}' --out o" in restore_command(request)


def parsed(command: str) -> TrainRequest:
    """The request that the program makes of a pasted line."""
    words = shlex.split(command)
    assert words[0] == "gvtstudio"
    return training_request(build_parser().parse_args(words[1:]))


def other_value(row: Parameter) -> Value:
    """An allowed value that is not the default."""
    if row.kind == "switch":
        return not row.default
    if row.kind == "choice":
        return next((choice for choice in row.choices if choice != row.default), row.default)
    if row.kind == "text":
        return "some text"
    low = row.minimum if row.minimum is not None else 0
    other = low if low != row.default else low + 1
    return int(other) if row.kind == "integer" else float(other)


@pytest.mark.skipif(sys.platform == "win32", reason="other quotes on Windows")
@pytest.mark.parametrize("name", TASKS)
def test_a_training_of_any_task_is_the_same_when_its_command_is_pasted(name):
    task = TASKS[name]
    network = ARCHITECTURES[task.architectures[-1]]
    request = TrainRequest(
        task=name,
        architecture=network.name,
        recipe="a recipe",
        parameters={row.name: other_value(row) for row in task.train_parameters},
        architecture_parameters={row.name: other_value(row) for row in network.parameters},
        out="/models/größe 1.gvtmodel",
        device="cuda:0",
        precision="float32",
        overwrite=True,
    )
    assert parsed(train_command(request)) == request


@pytest.mark.skipif(sys.platform == "win32", reason="other quotes on Windows")
def test_a_training_from_pairs_names_their_folders(tmp_path):
    for folder in ("noisy ones", "good ones"):
        (tmp_path / folder).mkdir()
        for name in ("a.tif", "b.tif"):
            (tmp_path / folder / name).touch()
    pairs = tuple(
        (str(tmp_path / "noisy ones" / name), str(tmp_path / "good ones" / name))
        for name in ("a.tif", "b.tif")
    )
    request = TrainRequest(
        task="denoising", pairs=pairs, start_model="denoise-fluorescence-3d",
        voxel_size="0.3,0.1,0.1", out=str(tmp_path / "m.gvtmodel"),
    )  # fmt: skip
    assert parsed(train_command(request)) == request


@pytest.mark.skipif(sys.platform == "win32", reason="other quotes on Windows")
def test_a_training_from_stacks_names_each(tmp_path):
    stacks = (str(tmp_path / "a b.tif"), str(tmp_path / "c.tif"))
    request = TrainRequest(task="denoising", stacks=stacks, out=str(tmp_path / "m.gvtmodel"))
    assert parsed(train_command(request)) == request
    assert Path(parsed(train_command(request)).stacks[0]).name == "a b.tif"
