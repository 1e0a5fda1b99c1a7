"""One network trained on several devices, each with its share of every batch.

The process that leads draws the batches, judges and writes as if it were alone. The others are
helpers that know nothing of the data: they hold the same network, get their share of every batch,
and exchange gradients with all others, so that every copy does the same step. The weights are those
of one device with the whole batch, up to rounding (and up to batch norm, whose means are those of a
share).
"""

import copy
import multiprocessing
import secrets
import signal
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gvtstudio.domain.errors import ResourcesMissing, UsageError
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.device import choose_device
from gvtstudio.training.batches import Batch
from gvtstudio.training.learner import LoopSettings, Loss, SupervisedLearner
from gvtstudio.training.team import Together

LEARN, TAKE_UP, END = "learn", "take up", "end"
START_SECONDS = 1.0
"""How long to wait before looking whether a helper that starts is still there."""
END_SECONDS = 10.0


def devices_named(name: str) -> tuple[str, ...]:
    """The devices to train on: one, or those of ``cuda:0,1``, ``cuda:all`` or ``cpu:2``.

    Raises:
        UsageError: There is no device of that name.
        ResourcesMissing: A graphics card cannot be used.
    """
    kind, _, which = name.partition(":")
    names = [name]
    if kind == "cuda" and which == "all":
        names = [f"cuda:{i}" for i in range(max(torch.cuda.device_count(), 1))]
    elif kind == "cuda" and "," in which:
        names = list(dict.fromkeys(f"cuda:{index.strip()}" for index in which.split(",")))
    elif kind == "cpu" and which.isdigit():
        names = ["cpu"] * max(int(which), 1)
    return tuple(str(choose_device(each)) for each in names)


@dataclass(frozen=True, slots=True)
class Work:
    """What every process of a team must know.

    Args:
        network: On the processor, as it was built.
        loss: What to make small; a function of a module.
        settings: How to train.
    """

    network: Network
    loss: Loss
    settings: LoopSettings


@contextmanager
def team_of(work: Work, devices: Sequence[str], folder: Path) -> Iterator["LeadingLearner"]:
    """Start a helper on every device but the first, and end them.

    Args:
        work: What to train, on the first device.
        devices: At least two.
        folder: Where the processes find each other.

    Raises:
        UsageError: A batch cannot be shared out evenly.
        ResourcesMissing: A helper could not start, or ended.
    """
    size = len(devices)
    if work.settings.batch_size % size:
        raise UsageError(
            f"A batch of {work.settings.batch_size} patches cannot be shared by {size} devices.",
            f"Give a batch size that is a multiple of {size}.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    meeting_place = folder / f"meeting-{secrets.token_hex(4)}"
    helpers: list[BaseProcess] = []
    try:
        for rank in range(1, size):
            given = replace(work, settings=replace(work.settings, device=devices[rank]))
            helpers.append(_started(given, rank, size, meeting_place))
        together = Together(0, size, meeting_place)
        try:
            learner = LeadingLearner(work, together, size, helpers)
            yield learner
            learner.end()
            for process in helpers:
                process.join(END_SECONDS)
        finally:
            _stop(helpers)  # first, so that nobody hears that the leader has gone
            together.part()
    finally:
        _stop(helpers)
        meeting_place.unlink(missing_ok=True)


def _started(work: Work, rank: int, size: int, meeting_place: Path) -> BaseProcess:
    """A helper that is ready to meet the others."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(
        target=_help, args=(work, rank, size, meeting_place, ready), daemon=True
    )
    process.start()
    while not ready.wait(START_SECONDS):
        _refuse_lost([process])
    return process


def _stop(helpers: Sequence[BaseProcess]) -> None:
    for process in helpers:
        process.kill()
        process.join()


class LeadingLearner:
    """The learner of the process that leads, and through it all others.

    Args:
        work: What to train.
        together: The process's place in the team.
        size: Of the team.
        helpers: The other processes.
    """

    def __init__(
        self, work: Work, together: Together, size: int, helpers: Sequence[BaseProcess]
    ) -> None:
        self._own = SupervisedLearner(work.network, work.loss, work.settings, together)
        self._together = together
        self._size = size
        self._helpers = helpers

    def learn(self, batch: Batch, learning_rate: float, seed: int) -> float:
        """Do one step, everybody with a share of the batch; the mean loss, or NaN."""
        shares = zip(*(patches.chunk(self._size) for patches in batch), strict=True)
        # a piece of a tensor would travel with all of it
        orders = [(LEARN, tuple(t.clone() for t in share), learning_rate, seed) for share in shares]
        _, own, *_ = self._hand_out(orders)
        try:
            return self._own.learn(own, learning_rate, seed)
        except RuntimeError:  # also where the others do not answer any more
            for process in self._helpers:
                process.join(START_SECONDS)
            _refuse_lost(self._helpers)
            raise

    def __call__(self, image: Tensor) -> Any:
        """What the network says of an input (B, C, Z, Y, X)."""
        return self._own(image)

    def fitted(self, patches: Tensor) -> Tensor:
        """(B, C, Z, Y, X) as the network's answer has them, on its device."""
        return self._own.fitted(patches)

    def answering(self) -> AbstractContextManager[None]:
        """Inside, the network is as it would be saved, and learns nothing."""
        return self._own.answering()

    def weights(self) -> dict[str, Tensor]:
        """The weights as they would be saved, on the processor."""
        return self._own.weights()

    def state(self) -> dict[str, Any]:
        """Everything needed to go on exactly from here, as a copy."""
        return self._own.state()

    def go_on_from(self, state: dict[str, Any]) -> None:
        """Have everybody take up what ``state`` gave; it is left as it is."""
        self._hand_out([(TAKE_UP, state)] * self._size)
        self._own.go_on_from(state)

    def end(self) -> None:
        """Send the helpers home; where one is lost, the others are waiting for nobody."""
        if all(process.is_alive() for process in self._helpers):
            self._hand_out([(END,)] * self._size)

    def _hand_out(self, orders: Sequence[tuple[Any, ...]]) -> Any:
        _refuse_lost(self._helpers)
        return self._together.hand_out(orders)


def _help(work: Work, rank: int, size: int, meeting_place: Path, ready: Any) -> None:
    """What a helper does from beginning to end."""
    # Ctrl+C reaches every process of a terminal; the one that leads decides what it means
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # what came here lies in memory shared with the leader, which would learn twice
    network = copy.deepcopy(work.network)
    ready.set()
    together = Together(rank, size, meeting_place)
    learner = SupervisedLearner(network, work.loss, work.settings, together)
    while True:
        what, *details = together.hand_out()
        if what == END:
            break
        (learner.learn if what == LEARN else learner.go_on_from)(*details)
    together.part()


def _refuse_lost(helpers: Sequence[BaseProcess]) -> None:
    """Say so where a helper is gone, before anybody waits for it.

    Raises:
        ResourcesMissing: One ended.
    """
    if not all(process.is_alive() for process in helpers):
        raise ResourcesMissing(
            "One of the processes that train on several devices ended unexpectedly.",
            "Go on with --resume, with smaller batches or on a single device.",
        )
