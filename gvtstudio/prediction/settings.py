"""How a prediction computes, as the user says it."""

from dataclasses import dataclass
from pathlib import Path

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import Precision

Shape3 = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class PredictionSettings:
    """How to compute.

    Args:
        device: ``auto``, ``cpu``, ``cuda:0`` …
        precision: Of the arithmetic.
        tile: How the work is cut: ``auto``, ``whole`` or ``Z,Y,X``. Changes nothing of the result
            where the network streams exactly.
        memory: Bytes of the computer's memory that the whole program may take; 0 takes a share of
            what is free.
        context: What global operators may see: ``whole`` or ``Z,Y,X``.
        scratch: Folder for activations that do not fit the memory.
        lasting: Whether these outlast an interruption, so that it can be gone on from there.
        flips: Whether to average over the volume and its mirror images.
        outputs: Which of the network's answers are wanted, by its own names; they become channels,
            one behind the other. Empty takes the first.
    """

    device: str = "auto"
    precision: Precision = "auto"
    tile: str = "auto"
    memory: int = 0
    context: str = "whole"
    scratch: Path | None = None
    lasting: bool = False
    flips: bool = False
    outputs: tuple[str, ...] = ()


def parsed_size(text: str, what: str, words: tuple[str, ...]) -> Shape3 | str:
    """``Z,Y,X`` or one of the words.

    Raises:
        UsageError: Neither of them.
    """
    if text in words:
        return text
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise UsageError(
            f'"{text}" is no {what} size.',
            f"Give {', '.join(words)}, or Z,Y,X in voxels such as 32,128,128.",
        )
    z, y, x = (int(part) for part in parts)
    return (z, y, x)
