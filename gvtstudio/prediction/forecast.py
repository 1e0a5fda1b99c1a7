"""What restoring will take: memory, scratch disk and time, said before it begins.

Memory and disk follow from the plan. The time follows from how fast this computer does the same
work: one tile is predicted, a second or so, and what a finished restoration really took is noted
for the next one.
"""

import time
from dataclasses import dataclass
from math import prod
from pathlib import Path

import msgspec
import numpy as np
import psutil

from gvtstudio.io.atomic import atomic_file
from gvtstudio.io.places import user_data_dir
from gvtstudio.prediction.memory import BESIDE_THE_TILES
from gvtstudio.prediction.volume import Shape3, VolumePredictor

FASTEST_INPUT = 30e6
"""Voxels per second that are read, normalised and written, measured on one processor core."""
NEW_SHARE = 0.5
"""Of the last measurement in the speed that is noted."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a restoration takes.

    Args:
        memory_bytes: Most of the computer's memory, for the whole program.
        card_bytes: Most of the graphics card's memory; 0 where the processor computes.
        scratch_bytes: Scratch disk for activations.
        seconds: In all.
    """

    memory_bytes: int
    card_bytes: int
    scratch_bytes: int
    seconds: float

    def sentence(self) -> str:
        """In words."""
        parts = [(self.memory_bytes, "memory"), (self.card_bytes, "the card's memory"),
                 (self.scratch_bytes, "scratch disk")]  # fmt: skip
        needs = [f"{size / 1e9:.1f} GB of {what}" for size, what in parts if size]
        listed = " and ".join([", ".join(needs[:-1]), needs[-1]]) if needs[1:] else needs[0]
        return f"Restoring needs {listed}, {self._time()}."

    def numbers(self) -> dict[str, float]:
        """For other programs."""
        return {
            "memory_bytes": self.memory_bytes,
            "card_bytes": self.card_bytes,
            "scratch_bytes": self.scratch_bytes,
            "seconds": round(self.seconds, 1),
        }

    def _time(self) -> str:
        if self.seconds < 90:
            return f"about {max(self.seconds, 1):.0f} s"
        if self.seconds < 5400:
            return f"about {self.seconds / 60:.0f} min"
        return f"about {self.seconds / 3600:.1f} h"


class Forecaster:
    """Forecasts restorations of one predictor, and learns from what they took.

    Args:
        predictor: With its network.
        network: What the speed is noted under, such as the model's architecture.
    """

    def __init__(self, predictor: VolumePredictor, network: str) -> None:
        self._predictor = predictor
        self._key = f"{network} {predictor.device} {predictor.precision}"
        self._path = user_data_dir() / "speeds.json"

    def forecast(self, shape: Shape3, volumes: int = 1) -> Forecast | None:
        """For so many volumes of a shape; ``None`` for networks that do not stream.

        Raises:
            ResourcesMissing: Not enough memory even for the smallest tiles.
        """
        plan = self._predictor.plan(shape)
        if plan is None:
            return None
        speed = self._known().get(self._key) or self._measured_speed(shape)
        voxels = prod(shape) * volumes
        seconds = plan.work * volumes / speed + voxels / FASTEST_INPUT
        memory = psutil.Process().memory_info().rss + plan.memory_bytes + BESIDE_THE_TILES
        return Forecast(memory, plan.card_bytes, plan.scratch_bytes, seconds)

    def learn(self, shape: Shape3, volumes: int, seconds: float) -> None:
        """Note how long it really took."""
        plan = self._predictor.plan(shape)
        if plan is None or seconds <= 0:
            return
        known = self._known()
        speed = plan.work * volumes / seconds
        before = known.get(self._key, speed)
        known[self._key] = NEW_SHARE * speed + (1 - NEW_SHARE) * before
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(self._path, overwrite=True) as path:
            path.write_bytes(msgspec.json.encode(known))

    def _measured_speed(self, shape: Shape3) -> float:
        """Multiplications per second on a piece as large as one tile."""
        plan = self._predictor.plan(shape)
        assert plan is not None
        tile = plan.settings.tile
        piece: Shape3 = tile if len(tile) == 3 else (1, *tile)  # type: ignore[assignment]
        volume = np.random.default_rng(0).random(piece, np.float32)
        small = self._predictor.plan(piece)
        assert small is not None
        self._predictor.predict(volume, _ignore)  # libraries prepare themselves the first time
        started = time.perf_counter()
        self._predictor.predict(volume, _ignore)
        return small.work / (time.perf_counter() - started)

    def _known(self) -> dict[str, float]:
        return _read_speeds(self._path)


def _read_speeds(path: Path) -> dict[str, float]:
    """Multiplications per second by network, device and precision; a damaged file is forgotten."""
    try:
        known = msgspec.json.decode(path.read_bytes(), type=dict[str, float])
    except (OSError, msgspec.DecodeError):
        return {}
    return {name: speed for name, speed in known.items() if speed > 0}


def _ignore(done: int, total: int) -> None:
    """Nobody watches."""
