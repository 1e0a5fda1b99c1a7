"""A job of the window written as a command for the terminal."""

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from gvtstudio.domain.job import RestoreRequest, TrainRequest
from gvtstudio.domain.parameters import Parameter, Value
from gvtstudio.tasks import TASKS, ZERO_SHOT

_OPTIONS = (
    "scene", "channel", "model", "task", "format", "dtype", "device", "precision", "tile", "memory",
    "context", "statistic", "voxel_size", "axes", "name_template",
)  # fmt: skip


def restore_command(request: RestoreRequest) -> str:
    """The command line that makes the same result; options at their default are left out."""
    words = ["gvtstudio", "restore", request.input]
    defaults = {field.name: field.default for field in msgspec.structs.fields(RestoreRequest)}
    for name in _OPTIONS:
        value = str(getattr(request, name))
        if value != str(defaults[name]):
            words += [f"--{name.replace('_', '-')}", value]
    words += ["--flips"] * request.flips + ["--uncertainty"] * request.uncertainty
    words += ["--height-map"] * request.height_map + ["--resample"] * request.resample
    spec = ZERO_SHOT.get(request.model)
    rows = () if spec is None else spec.parameters
    usual = {row.name: row.default for row in rows}.items()
    words += _parameter_words(rows, dict(request.parameters.items() - usual))
    words += ["--out", request.output_dir]
    return _line(words)


def train_command(request: TrainRequest) -> str:
    """The command line that trains the same model.

    Of pairs the folders are named: they are all there is in the two folders of the first pair.
    """
    words = ["gvtstudio", "train", "--task", request.task]
    if request.pairs:
        words += ["--pairs", *(str(Path(path).parent) for path in request.pairs[0])]
    if request.stacks:
        words += ["--stacks", *request.stacks]
    named = (
        ("--simulate", request.recipe, ""),
        ("--voxel-size", request.voxel_size, ""),
        ("--axes", request.axes, ""),
        ("--model", request.start_model, ""),
        ("--architecture", request.architecture, ""),
        ("--device", request.device, "auto"),
        ("--precision", request.precision, "auto"),
    )
    for flag, text, default in named:
        words += [flag, text] if text != default else []
    for name, value in request.architecture_parameters.items():
        words += ["--set", f"{name}={_value_text(value)}"]
    words += _parameter_words(TASKS[request.task].train_parameters, request.parameters)
    words += ["--out", request.out]
    words += ["--resume"] * request.resume + ["--overwrite"] * request.overwrite
    return _line(words)


def _parameter_words(rows: Sequence[Parameter], values: Mapping[str, Value]) -> list[str]:
    """The options of what is set, in the order of the table."""
    words = []
    for row in rows:
        if row.name not in values:
            continue
        flag, value = row.name.replace("_", "-"), values[row.name]
        if row.kind == "switch":
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [f"--{flag}", str(value)]
    return words


def _value_text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line(words: Sequence[str]) -> str:
    """Words quoted for the terminal of this computer."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
