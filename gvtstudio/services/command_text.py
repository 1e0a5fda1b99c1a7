"""A job of the window written as a command for the terminal."""

import shlex
import subprocess
import sys

import msgspec

from gvtstudio.domain.job import RestoreRequest
from gvtstudio.tasks import ZERO_SHOT

_OPTIONS = (
    "scene", "model", "task", "format", "dtype", "device", "precision", "tile", "memory", "context",
)  # fmt: skip


def restore_command(request: RestoreRequest) -> str:
    """The command line that makes the same result; options at their default are left out."""
    words = ["gvtstudio", "restore", request.input]
    defaults = {field.name: field.default for field in msgspec.structs.fields(RestoreRequest)}
    for name in _OPTIONS:
        value = str(getattr(request, name))
        if value != str(defaults[name]):
            words += [f"--{name}", value]
    words += ["--flips"] * request.flips + ["--uncertainty"] * request.uncertainty
    words += ["--height-map"] * request.height_map
    words += _zero_shot_words(request)
    words += ["--out", request.output_dir]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def _zero_shot_words(request: RestoreRequest) -> list[str]:
    """What was set for learning from the stack itself and is not the default."""
    words = []
    spec = ZERO_SHOT.get(request.model)
    for row in () if spec is None else spec.parameters:
        value = request.parameters.get(row.name, row.default)
        flag = row.name.replace("_", "-")
        if value == row.default:
            continue
        if row.kind == "switch":
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [f"--{flag}", str(value)]
    return words
