"""Requests with something changed, and the pixels they lead to."""

from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from gvtstudio.domain.job import Request, RestoreRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import open_stack

AnyRequest = TypeVar("AnyRequest", bound=Request)


def changed(request: AnyRequest, **changes: object) -> AnyRequest:
    """The same request but for these fields."""
    return msgspec.structs.replace(request, **changes)


def restoration_of(stack: Path, model: Path, folder: Path, **options: object) -> RestoreRequest:
    """On the processor in full precision, into ``folder/out``."""
    request = RestoreRequest(
        input=str(stack), model=str(model), output_dir=str(folder / "out"), overwrite=True,
        device="cpu", precision="float32",
    )  # fmt: skip
    return changed(request, **options)


def read_all(path: str | Path) -> np.ndarray:
    """Every voxel of a file, TZCYX."""
    stack = open_stack(Path(path))
    try:
        return stack.read(Region.whole(stack.info.shape))
    finally:
        stack.close()


def pixels(finished: object) -> np.ndarray:
    """Every voxel of the first file a job has written, TZCYX; fails where it did not finish."""
    assert isinstance(finished, Finished), finished
    return read_all(finished.outputs[0])
