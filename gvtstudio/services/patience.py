"""Questions about files, asked beside the window: a drive may not answer."""

from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

PATIENCE_S = 0.5

Answer = TypeVar("Answer")


def answered(question: Callable[[], Answer], otherwise: Answer) -> Answer:
    """The answer to a quick question about a file, such as whether it exists.

    Args:
        question: Asked in another thread, which is left alone where it does not come back.
        otherwise: Taken for the answer when there is none in time, or the drive reports an error.
    """
    answers: SimpleQueue[Answer] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(question())
        except OSError:
            answers.put(otherwise)

    Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=PATIENCE_S)
    except Empty:
        return otherwise


def is_there(path: Path) -> bool:
    """Whether a file or folder exists, as far as its drive answers in time."""
    return answered(path.exists, otherwise=False)


def is_folder(path: Path) -> bool:
    """Whether a folder exists, as far as its drive answers in time."""
    return answered(path.is_dir, otherwise=False)
