"""What made a file: written into every result and beside it."""

from typing import Any

import msgspec

from gvtstudio.domain.parameters import Value


class Provenance(msgspec.Struct, frozen=True):
    """Enough to make a result again and to write a methods paragraph.

    Args:
        program: Name and version of this program.
        task: Row of ``TASKS``.
        model: Name of the model, or empty for a plain export.
        model_sha256: Of its weights.
        architecture: Row of ``ARCHITECTURES`` the model is of.
        input_path: File the result was made from.
        input_sha256: Of its content.
        parameters: What was chosen: device, precision, tile …
        normalisation: Per volume, for example ``{"t0 c0 low": 101.0, "t0 c0 high": 812.0}``.
        numbers: Measures of the run: seconds, clipped voxels.
        created: ISO date and time with time zone.
        request: What was asked of the program, by field; empty where it was no restoration.
    """

    program: str
    task: str = ""
    model: str = ""
    model_sha256: str = ""
    architecture: str = ""
    input_path: str = ""
    input_sha256: str = ""
    parameters: dict[str, Value] = {}
    normalisation: dict[str, float] = {}
    numbers: dict[str, float] = {}
    created: str = ""
    request: dict[str, Any] = {}
