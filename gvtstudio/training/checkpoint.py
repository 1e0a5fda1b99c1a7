"""What is needed to go on with a training as if it had never stopped."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.io.atomic import atomic_file

CHECKPOINT_NAME = "checkpoint.pt"


@dataclass(slots=True)
class TrainingState:
    """Numbers of a training after ``step`` steps.

    Args:
        step: Steps done.
        weights: State of the network.
        optimizer: State of the optimiser.
        best_weights: State of the network at the best validation.
        best_score: Validation score then; smaller is better.
        best_step: When.
        history: One row per validation.
        fingerprint: Identifies request and data; a checkpoint of another training is refused.
    """

    step: int
    weights: dict[str, Any]
    optimizer: dict[str, Any]
    best_weights: dict[str, Any]
    best_score: float
    best_step: int
    history: list[dict[str, float]]
    fingerprint: str


def save_checkpoint(folder: Path, state: TrainingState) -> None:
    """Write the state so that a power cut leaves the old one or the new one, never half of one."""
    folder.mkdir(parents=True, exist_ok=True)
    fields = {name: getattr(state, name) for name in TrainingState.__slots__}
    with (
        atomic_file(folder / CHECKPOINT_NAME, overwrite=True) as path,
        path.open("wb") as file,
    ):
        torch.save(fields, file)


def load_checkpoint(folder: Path, fingerprint: str) -> TrainingState | None:
    """The state in a folder, or ``None`` where there is none.

    Raises:
        FileUnreadable: The checkpoint is damaged or belongs to another training.
    """
    path = folder / CHECKPOINT_NAME
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            state = TrainingState(**torch.load(file, weights_only=True))
    except (RuntimeError, OSError, TypeError, EOFError, KeyError, ValueError) as error:
        raise FileUnreadable(
            f"The checkpoint {path} is damaged.", "Start the training again without --resume."
        ) from error
    if state.fingerprint != fingerprint:
        raise FileUnreadable(
            f"The checkpoint {path} belongs to a training with other data or settings.",
            "Resume with the settings it was started with, or start again without --resume.",
        )
    return state
