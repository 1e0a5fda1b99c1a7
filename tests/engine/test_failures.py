"""Whatever goes wrong becomes a sentence with a remedy and the right exit status."""

import errno

import pytest
import torch

from gvtstudio.domain.errors import Cancelled, FileUnreadable
from gvtstudio.domain.messages import Failed, Finished, Stopped
from gvtstudio.engine.failures import exit_code, guarded


@pytest.mark.parametrize(
    ("error", "words", "code"),
    [
        (FileUnreadable("a.tif is damaged.", "Copy it again."), "a.tif is damaged", 3),
        (MemoryError(), "memory", 4),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "memory", 4),
        (RuntimeError("not enough memory: you tried to allocate 8 bytes"), "memory", 4),
        (torch.AcceleratorError("CUDA error: unspecified launch failure", 719), "card", 4),
        (RuntimeError("CUDA error: device-side assert triggered"), "card", 4),
        (OSError(errno.EIO, "Input/output error"), "did not expect", 1),
        (ZeroDivisionError("division by zero"), "did not expect", 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_went_wrong_is_said_with_a_remedy(error: Exception, words: str, code: int):
    def work() -> Finished:
        raise error

    failed = guarded(work)
    assert isinstance(failed, Failed)
    assert words in failed.message
    assert failed.remedy.endswith(".")
    assert exit_code(failed) == failed.exit_code == code
    assert type(error).__name__ in failed.details


def test_a_cancelled_job_is_no_failure():
    def work() -> Finished:
        raise Cancelled

    assert guarded(work) == Stopped()
    assert exit_code(Stopped()) == 5
    assert exit_code(guarded(lambda: Finished(("a",)))) == 0
