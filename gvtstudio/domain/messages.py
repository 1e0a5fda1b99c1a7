"""What the engine tells the window: one JSON object per line on standard output.

A job's last message is exactly one of ``Finished``, ``Failed`` and ``Stopped``.
"""

from typing import Literal

import msgspec

from gvtstudio.domain.analysis import Analysis
from gvtstudio.domain.evaluation import Evaluation
from gvtstudio.domain.scene_looks import SceneLook
from gvtstudio.domain.stack import StackInfo

LogLevel = Literal["detail", "info", "warning"]


class Started(msgspec.Struct, frozen=True, tag="started"):
    """The engine has read its request."""

    pid: int
    version: str


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How far a stage is.

    Args:
        stage: In words: "Restoring", "Training", "Writing".
        done: Units finished.
        total: Units in all.
        unit: "voxels", "steps", "planes".
        seconds_left: Of the whole job, where it can be told.
    """

    stage: str
    done: int
    total: int
    unit: str = ""
    seconds_left: float | None = None


class Log(msgspec.Struct, frozen=True, tag="log"):
    """One sentence for the log; ``detail`` is folded away, ``warning`` is shown as a notice."""

    text: str
    level: LogLevel = "info"


class Preview(msgspec.Struct, frozen=True, tag="preview"):
    """More of a result can be looked at.

    Args:
        path: Scratch file that holds what is done so far, 0 elsewhere; read it like any stack.
    """

    path: str


class Score(msgspec.Struct, frozen=True, tag="score"):
    """Loss and validation metrics after a number of training steps."""

    step: int
    values: dict[str, float]


class ContextScore(msgspec.Struct, frozen=True):
    """How close a stack is to its target when restored with one context.

    Args:
        context: ``input`` for the stack as it was, ``whole``, or ``Z,Y,X``.
        size: That context in voxels, (Z, Y, X); ``None`` for the input.
        psnr_db: Peak signal-to-noise ratio; ``None``, like the others, where it cannot be told.
        ssim: Mean structural similarity.
        nrmse: Root mean squared error over the data range.
        seconds: The restoration took.
    """

    context: str
    size: tuple[int, int, int] | None
    psnr_db: float | None
    ssim: float | None
    nrmse: float | None
    seconds: float


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """The job is done.

    Args:
        outputs: Files written, in the order they should be looked at.
        stacks: Answer of an inspect job, or the restored stacks' descriptions.
        numbers: Measures of the job: seconds, clipped voxels, metrics.
        refused: Path → sentence, for inputs of the job that could not be used.
        contexts: Answer of a sweep job: the input, then one row per context, the whole last.
        evaluation: Answer of an evaluate job.
        analysis: Answer of an analyse job.
        verdict: Of a training: how good the model is on what was kept apart, in a sentence; of an
            export: what became of the intensities, where they changed.
        moved: Answer of a search for moved files: absolute path as linked → where it is now.
        scenes: Answer of a scenes job.
    """

    outputs: tuple[str, ...] = ()
    stacks: tuple[StackInfo, ...] = ()
    numbers: dict[str, float] = {}
    refused: dict[str, str] = {}
    contexts: tuple[ContextScore, ...] = ()
    evaluation: Evaluation | None = None
    analysis: Analysis | None = None
    verdict: str = ""
    moved: dict[str, str] = {}
    scenes: tuple[SceneLook, ...] = ()


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The job could not be done; the sentence, the remedy, and details to fold out."""

    message: str
    remedy: str
    exit_code: int
    details: str = ""


class Stopped(msgspec.Struct, frozen=True, tag="stopped"):
    """The job was cancelled; nothing was written half."""


Message = Started | Progress | Log | Preview | Score | SceneLook | Finished | Failed | Stopped

_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def encode_message(message: Message) -> bytes:
    """One line of JSON, with its newline."""
    return msgspec.json.encode(message) + b"\n"


def decode_message(line: bytes) -> Message | None:
    """The message in a line, or ``None`` where the line is something else (a library's print)."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


CANCEL_LINE = b'{"type":"cancel"}\n'
FINISH_LINE = b'{"type":"finish"}\n'
"""On the engine's standard input: a training ends after its step and keeps the best so far."""
