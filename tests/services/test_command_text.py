import shlex
import sys

import pytest

from gvtstudio.domain.job import RestoreRequest
from gvtstudio.services.command_text import restore_command


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


def test_what_is_set_for_learning_from_the_stack_itself_is_named():
    values = {"seed": 3, "from_last_plane": True, "most_steps": 2000}
    request = RestoreRequest(input="a", model="noise2fast", output_dir="o", parameters=values)
    command = restore_command(request)
    assert "--model noise2fast --seed 3 --from-last-plane --out o" in command


def test_a_typed_voxel_size_is_named():
    request = RestoreRequest(input="a", model="m", output_dir="o", voxel_size="0.3,0.1,0.1")
    assert "--voxel-size 0.3,0.1,0.1" in restore_command(request)
