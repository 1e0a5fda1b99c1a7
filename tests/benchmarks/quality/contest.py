"""What the studies share: pairs, trainings through the engine, and scores on stacks kept apart."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from csv import DictReader
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from gvtstudio.domain.job import Request, RestoreRequest, SimulateRequest, TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import Score
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.stack import read_volume
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.dispatch import run_request
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.baseline import best_filter
from gvtstudio.imaging.metrics import Agreement, measure_agreement
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.model_shelf import find_model
from gvtstudio.io.stacks import open_stack

log = logging.getLogger(__name__)

Pairs = list[tuple[Path, Path]]


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one method reached on one set of stacks kept apart.

    Args:
        data: Which stacks.
        method: What restored them.
        psnr_db: Mean over the stacks, as are the others; care normalisation.
        ssim: Structural similarity.
        nrmse: Error.
        minutes: Of training, by the clock.
        steps: Of training.
        more: Other numbers by name.
    """

    data: str
    method: str
    psnr_db: float | None = None
    ssim: float | None = None
    nrmse: float | None = None
    minutes: float | None = None
    steps: int | None = None
    more: dict[str, float] = {}


@dataclass(frozen=True)
class Trained:
    """A model and what it cost."""

    path: Path
    minutes: float
    steps: int
    scores: tuple[Score, ...]


@dataclass
class Bench:
    """Where a study works.

    Args:
        work: Folder for stacks and models.
        data: Folder of real stacks.
        scale: Factor on all minutes and steps; below one to try it.
        rows: What was measured so far.
    """

    work: Path
    data: Path
    scale: float = 1.0
    rows: list[Row] = field(default_factory=list)

    def steps(self, count: int) -> int:
        """So many steps, scaled."""
        return max(2, round(count * self.scale))

    def simulate(self, recipe: str, count: int, seed: int, **parameters: Value) -> Pairs:
        """Simulated pairs; other seeds are other fields."""
        out = self.work / f"{recipe}-{seed}"
        request = SimulateRequest(
            recipe=recipe, output_dir=str(out), count=count, seed=seed, parameters=parameters,
            overwrite=True,
        )  # fmt: skip
        self.do(request)
        noisy = sorted((out / "noisy").glob("*.tif"))
        return [(path, out / "truth" / path.name) for path in noisy]

    def train(self, name: str, task: str, pairs: Pairs | None = None, **choices: Any) -> Trained:
        """Train as a user would; the model is kept in the folder for work.

        Args:
            name: Of the model.
            task: Row of ``TASKS``.
            pairs: To learn from.
            choices: Fields of the request, and parameters of the training.
        """
        out = self.work / f"{name}.gvtmodel"
        known = {f: choices.pop(f) for f in TrainRequest.__struct_fields__ if f in choices}
        files = tuple((str(a), str(b)) for a, b in pairs or ())
        request = TrainRequest(
            task=task, pairs=files, parameters=choices, out=str(out), device="cpu", overwrite=True,
            **known,
        )  # fmt: skip
        started = time.monotonic()
        self.do(request, name)
        minutes = (time.monotonic() - started) / 60
        if not out.exists():  # what was begun with is better, and kept
            return Trained(find_model(request.start_model), minutes, 0, ())
        card = read_card(out)
        log.info("%s: %d steps, %.1f min", name, card.training["steps_done"], minutes)
        return Trained(out, float(card.training["minutes"]), int(card.training["steps_done"]),
                       card.scores)  # fmt: skip

    def restore(self, model: str | Path, inputs: Iterable[Path], **options: Value) -> list[Path]:
        """Every stack restored by a model, a file each."""
        results = []
        for path in inputs:
            request = RestoreRequest(
                input=str(path), model=str(model), output_dir=str(self.work / "restored"),
                device="cpu", dtype="float32", overwrite=True, parameters=dict(options),
            )  # fmt: skip
            results.append(Path(self.do(request).outputs[0]))
        return results

    def do(self, request: Request, name: str = "job") -> Finished:
        """What the engine answers; anything but success ends the study."""
        folder = JobFolder(self.work / f"{name}.job")
        folder.path.mkdir(parents=True, exist_ok=True)
        ending = run_request(request, folder, Reporter(lambda message: None, CancelFlag()))
        if not isinstance(ending, Finished):
            raise SystemExit(f"{name}: {ending}")
        return ending

    def contest(self, data: str, apart: Pairs, method: str, images: Iterable[np.ndarray],
                trained: Trained | None = None) -> None:  # fmt: skip
        """Note how well images agree with the truths, in the order of the pairs."""
        both = zip(images, apart, strict=True)
        agreements = [measure_agreement(image, volume_of(truth)) for image, (_, truth) in both]
        row = Row(
            data, method, *mean_agreement(agreements),
            minutes=round(trained.minutes, 2) if trained else None,
            steps=trained.steps if trained else None,
        )  # fmt: skip
        log.info("%s", row)
        self.rows.append(row)

    def note(self, data: str, method: str, more: dict[str, float]) -> None:
        """Note other numbers."""
        self.rows.append(Row(data, method, more={n: round(v, 3) for n, v in more.items()}))

    def note_inputs(self, data: str, apart: Pairs) -> None:
        """Note how well the inputs agree, and the best of simple filters tuned on each."""
        noisy = [volume_of(path) for path, _ in apart]
        self.contest(data, apart, "input", noisy)
        truths = [volume_of(truth) for _, truth in apart]
        both = zip(noisy, truths, strict=True)
        filtered = [best_filter(image, truth)[0].image for image, truth in both]
        self.contest(data, apart, "best simple filter (tuned on each)", filtered)

    def note_model(
        self,
        data: str,
        apart: Pairs,
        method: str,
        trained: Trained,
        more: Mapping[str, float] | None = None,
    ) -> None:
        """Note how well a trained model restores stacks kept apart, and perhaps other numbers."""
        restored = self.restore(trained.path, [path for path, _ in apart])
        self.contest(data, apart, method, map(volume_of, restored), trained)
        self.rows[-1] = msgspec.structs.replace(self.rows[-1], more=dict(more or {}))

    def reached_after(self, name: str, minutes: Sequence[float]) -> dict[str, float]:
        """Best validation PSNR of a training after so many minutes, where it took as long."""
        with JobFolder(self.work / f"{name}.job").history_path.open(encoding="utf-8") as file:
            rows = [(float(r["seconds"]), float(r["validation_psnr_db"])) for r in DictReader(file)]
        told = {}
        for limit in minutes:
            reached = [power for seconds, power in rows if seconds <= 60 * limit]
            if rows[-1][0] >= 60 * limit and reached:
                told[f"validation PSNR after {limit:g} min"] = round(max(reached), 2)
        return told


def volume_of(path: Path, channel: int = 0) -> np.ndarray:
    """(Z, Y, X) of the first time point."""
    with closing(open_stack(path)) as stack:
        return read_volume(stack, 0, channel)


def mean_agreement(agreements: Sequence[Agreement]) -> tuple[float, float, float]:
    """PSNR, SSIM and NRMSE."""
    psnr, ssim, nrmse = (
        float(np.mean([getattr(agreement, name) for agreement in agreements]))
        for name in ("psnr_db", "ssim", "nrmse")
    )
    return round(psnr, 3), round(ssim, 4), round(nrmse, 4)
