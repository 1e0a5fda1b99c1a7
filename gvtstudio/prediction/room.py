"""What a prediction may take of memory and disk."""

import shutil

import psutil
import torch

from gvtstudio.prediction.checkpoint import kept_bytes
from gvtstudio.prediction.memory import BESIDE_THE_TILES, available_bytes
from gvtstudio.prediction.settings import PredictionSettings

MEMORY_SHARE = 0.6
"""Of the free memory that is used unless the user says how much; the rest is for others."""


class Room:
    """Looked at anew with every question, because other programs come and go.

    Args:
        device: Where the network computes.
        settings: What the user allows.
    """

    def __init__(self, device: torch.device, settings: PredictionSettings) -> None:
        self._device = device
        self._settings = settings

    def memory(self) -> int:
        """What may be taken of the computer's memory beside the program itself."""
        available = available_bytes()
        if not self._settings.memory:
            return int(MEMORY_SHARE * available)
        taken = int(psutil.Process().memory_info().rss)
        return min(self._settings.memory - taken - BESIDE_THE_TILES, available)

    def card(self) -> int | None:
        """What may be taken of the card's memory; ``None`` where the processor computes."""
        if self._device.type == "cpu":
            return None
        free = int(torch.cuda.mem_get_info(self._device)[0])
        # torch holds on to what earlier tiles took, and gives it to the next ones
        held = torch.cuda.memory_reserved(self._device) - torch.cuda.memory_allocated(self._device)
        return int(MEMORY_SHARE * (free + held))

    def scratch(self) -> int:
        """What may be taken of the scratch disk, with what an earlier prediction left there."""
        folder = self._settings.scratch
        if folder is None:
            return 0
        return int(MEMORY_SHARE * shutil.disk_usage(folder).free) + kept_bytes(folder)
