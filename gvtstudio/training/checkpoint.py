"""What is needed to go on with a training as if it had never stopped."""

from dataclasses import dataclass, field
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
        fingerprint: Identifies request and data; a checkpoint of another training is refused.
        best_weights: State of the network at the best validation.
        step: Steps done.
        learner: What it knows: weights, optimiser, average, scaling of gradients.
        best_score: Validation score of the best weights; smaller is better.
        best_step: When.
        start_score: Validation score before the first step; ``None`` until it is known.
        history: One row per validation.
        seconds: Spent so far, over all runs.
        rate_factor: On the learning rate; halved whenever the training goes back.
        setbacks: How often it went back.
    """

    fingerprint: str
    best_weights: dict[str, Any]
    step: int = 0
    learner: dict[str, Any] = field(default_factory=dict)
    best_score: float = float("inf")
    best_step: int = 0
    start_score: float | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    rate_factor: float = 1.0
    setbacks: int = 0

    @property
    def is_better_than_start(self) -> bool:
        """Whether a validation was better than that of the weights the training began with."""
        return self.start_score is not None and self.best_score < self.start_score


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
            state = TrainingState(**torch.load(file, map_location="cpu", weights_only=True))
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
