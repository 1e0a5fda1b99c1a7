"""What restoring will take: memory, scratch disk and time, said before it begins.

Memory and disk follow from the plan. The time follows from how fast this computer does the same
work: one tile is predicted, a second or so, and what a finished restoration really took is noted
for the next one. Of several sizes of tiles, that is taken with which this computer is fastest.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path

import msgspec
import numpy as np
import psutil

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.io.atomic import write_bytes
from gvtstudio.io.places import user_data_dir
from gvtstudio.prediction.memory import BESIDE_THE_TILES
from gvtstudio.prediction.settings import Shape3
from gvtstudio.prediction.volume import VolumePredictor

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

    def settle(self, shape: Shape3) -> None:
        """Have volumes of a shape cut into the tiles that are fastest on this computer.

        What is not known yet is measured, a few seconds for each size, once.
        """
        seconds: dict[tuple[int, ...], float] = {}
        for tile in self._predictor.tile_choices(shape):
            self._predictor.prefer(tile)
            plan = self._predictor.plan(shape)
            if plan is not None and plan.settings.tile not in seconds:
                seconds[plan.settings.tile] = plan.work / self._speed(shape)
        if seconds:
            self._predictor.prefer(min(seconds, key=lambda tile: seconds[tile]))

    def forecast(self, shape: Shape3, volumes: int = 1) -> Forecast | None:
        """For so many volumes of a shape; ``None`` for networks that do not stream.

        Raises:
            ResourcesMissing: Not enough memory even for the smallest tiles.
        """
        plan = self._predictor.plan(shape)
        if plan is None:
            return None
        voxels = prod(shape) * volumes
        seconds = plan.work * volumes / self._speed(shape) + voxels / FASTEST_INPUT
        memory = psutil.Process().memory_info().rss + plan.memory_bytes + BESIDE_THE_TILES
        return Forecast(memory, plan.card_bytes, plan.scratch_bytes, seconds)

    def learn(self, shape: Shape3, volumes: int, seconds: float) -> None:
        """Note how long it really took."""
        plan = self._predictor.plan(shape)
        if plan is not None and seconds > 0:
            self._note(plan.settings.tile, plan.work * volumes / seconds)

    def _speed(self, shape: Shape3) -> float:
        """Multiplications per second in the tiles that a shape is cut into."""
        plan = self._predictor.plan(shape)
        assert plan is not None
        known = _read_speeds(self._path).get(self._name(plan.settings.tile))
        if known is None:
            known = self._measured_speed(plan.settings.tile)
            self._note(plan.settings.tile, known)
        return known

    def _measured_speed(self, tile: tuple[int, ...]) -> float:
        """Of a piece as large as one tile."""
        piece: Shape3 = tile if len(tile) == 3 else (1, *tile)  # type: ignore[assignment]
        volume = np.random.default_rng(0).random(piece, np.float32)
        small = self._predictor.plan(piece)
        assert small is not None
        self._predictor.predict(volume, _ignore)  # libraries prepare themselves the first time
        started = time.perf_counter()
        self._predictor.predict(volume, _ignore)
        return small.work / (time.perf_counter() - started)

    def _note(self, tile: tuple[int, ...], speed: float) -> None:
        known, name = _read_speeds(self._path), self._name(tile)
        known[name] = NEW_SHARE * speed + (1 - NEW_SHARE) * known.get(name, speed)
        with suppress(OutputUnwritable):  # it is measured again then, and nothing else is lost
            write_bytes(self._path, msgspec.json.encode(known))

    def _name(self, tile: tuple[int, ...]) -> str:
        return f"{self._key} {','.join(map(str, tile))}"


def _read_speeds(path: Path) -> dict[str, float]:
    """Multiplications per second by network, device, precision and tile; damage is forgotten."""
    try:
        known = msgspec.json.decode(path.read_bytes(), type=dict[str, float])
    except (OSError, msgspec.DecodeError):
        return {}
    return {name: speed for name, speed in known.items() if speed > 0}


def _ignore(done: int, total: int) -> None:
    """Nobody watches."""
