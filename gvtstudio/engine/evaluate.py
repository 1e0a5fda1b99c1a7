"""Measure restored stacks against their targets."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from gvtstudio.domain.errors import OutputUnwritable, StackUnsuitable, UsageError
from gvtstudio.domain.evaluation import Evaluation, Scores
from gvtstudio.domain.job import EvaluateRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.engine.compared_stacks import (
    ComparedFiles,
    ComparedStacks,
    Volumes,
    opened_stacks,
    paired_files,
)
from gvtstudio.engine.confusion_table import ConfusionTable
from gvtstudio.engine.evaluation_summary import known, model_tests, summary_of
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.measures import DICE, MEASURES, USUAL, Column, Measure
from gvtstudio.imaging.metrics import Comparison
from gvtstudio.imaging.overlap import dice_per_class
from gvtstudio.io.atomic import refuse_existing, refuse_unwritable, write_bytes
from gvtstudio.io.job_folder import JobFolder

Values = dict[str, float | None]
Part = tuple[int | None, int | None, Values]
"""Plane and label, where there are such, and what was measured there."""


def run(request: EvaluateRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Every measure asked for of every volume; the mean is the answer.

    Raises:
        UsageError: No such measure, or the files do not pair up.
        InputRefused: A file cannot be read, or stacks cannot be compared.
        OutputUnwritable: The table exists, or its place cannot be written.
    """
    groups = paired_files(request)
    measures = _measures(request)
    _refuse_tables(request)
    places = 0
    for files in groups:
        with opened_stacks(files, are_labels=request.labels) as stacks:
            places += len(stacks.places)
    work = _Evaluating(request, measures, reporter, places)
    for files in groups:
        work.add(files)
    evaluation = work.result()
    rows = table_rows(evaluation)
    outputs = (written_table(Path(request.csv), rows),) if request.csv else ()
    if work.confusion is not None:
        written = written_table(work.confusion.path, list(work.confusion.rows()))
        outputs = (*outputs, written)
    mean = evaluation.summary.mean
    numbers = {name: value for name, value in mean.items() if value is not None}
    return Finished(outputs, numbers=numbers, evaluation=evaluation)


def _measures(request: EvaluateRequest) -> list[Measure]:
    """What to measure; nothing of intensities where there are labels."""
    if request.against and len(request.against) < 2:
        raise UsageError(
            "One stack is too few to tell two models apart.",
            "Give two or more restored stacks, with as many after --target and --against.",
        )
    if not request.labels:
        names = dict.fromkeys(request.metrics or USUAL)
        return [look_up(MEASURES, "measure", name) for name in names]
    if request.metrics or request.confusion:
        raise UsageError(
            "Measures of intensities mean nothing for labels.",
            f"Leave out {'--metrics' if request.metrics else '--confusion'} or --labels.",
        )
    return []


def _refuse_tables(request: EvaluateRequest) -> None:
    tables = [Path(name) for name in (request.csv, request.confusion) if name]
    if len(set(tables)) < len(tables):
        raise OutputUnwritable(
            f"{tables[0].name} cannot hold both tables.", "Give --csv and --confusion two names."
        )
    given = (request.restored, request.target, request.mask, request.against)
    for table in tables:
        if any(table == Path(path) for paths in given for path in paths):
            raise OutputUnwritable(f"{table.name} is one of the stacks.", "Choose another name.")
        if not request.overwrite:
            refuse_existing(table)
        refuse_unwritable(table)


class _Evaluating:
    """Measures pair by pair.

    Args:
        request: How.
        measures: What; empty for labels.
        reporter: Hears how it goes.
        places: Volumes in all.
    """

    def __init__(
        self, request: EvaluateRequest, measures: list[Measure], reporter: Reporter, places: int
    ) -> None:
        self._request = request
        self._measures = [(measure, load_callable(measure.compute)) for measure in measures]
        self._columns = [c for m in measures for c in m.columns] or [DICE]
        self._reporter = reporter
        self._places = places
        self._done = 0
        self.confusion = ConfusionTable(Path(request.confusion)) if request.confusion else None
        self._scores: list[list[Scores]] = []
        self._against: list[list[Scores]] = []

    def add(self, files: ComparedFiles) -> None:
        """Measure every time point and channel of one pair."""
        ours: list[Scores] = []
        others: list[Scores] = []
        with opened_stacks(files, are_labels=self._request.labels) as stacks:
            for t, c in stacks.places:
                self._reporter.progress("Measuring", self._done, self._places, "volumes")
                volumes = stacks.read(t, c)
                for path, image, rows in (
                    (files.restored, volumes.restored, ours),
                    (files.against, volumes.against, others),
                ):
                    if path is not None and image is not None:
                        rows.extend(
                            Scores(str(path), str(files.target), t + 1, c + 1, *part)
                            for part in self._parts(image, volumes, stacks)
                        )
                if self.confusion is not None:
                    compared = self._compared(volumes.restored, volumes, stacks)
                    self.confusion.add(c + 1, stacks.channel_name(c), compared)
                self._done += 1
        if not ours:
            raise StackUnsuitable(
                f"{files.restored.name} and {files.target.name} hold no labels.",
                "Give label images, in which 0 is the background.",
            )
        self._scores.append(ours)
        self._against.append(others)

    def _parts(self, image: np.ndarray, volumes: Volumes, stacks: ComparedStacks) -> Iterator[Part]:
        if self._request.labels:
            return self._overlaps(image, volumes)
        return self._agreements(self._compared(image, volumes, stacks))

    def _compared(self, image: np.ndarray, volumes: Volumes, stacks: ComparedStacks) -> Comparison:
        return Comparison(
            image, volumes.target, self._request.normalisation, volumes.mask, stacks.voxel_um
        )

    def _agreements(self, compared: Comparison) -> Iterator[Part]:
        if not self._request.per_plane:
            yield None, None, self._values(compared)
            return
        for z, plane in compared.planes():
            yield z + 1, None, self._values(plane)

    def _values(self, compared: Comparison) -> Values:
        values: Values = {}
        for measure, compute in self._measures:
            self._reporter.check_cancelled()
            for column, value in zip(measure.columns, compute(compared), strict=True):
                values[column.name] = known(value)
        return values

    def _overlaps(self, image: np.ndarray, volumes: Volumes) -> Iterator[Part]:
        mask, truth = volumes.mask, volumes.target
        if not self._request.per_plane:
            for label, dice in dice_per_class(image, truth, mask).items():
                yield None, label, {DICE.name: dice}
            return
        for z in range(len(truth)):
            inside = None if mask is None else mask[z]
            if inside is None or inside.any():
                for label, dice in dice_per_class(image[z], truth[z], inside).items():
                    yield z + 1, label, {DICE.name: dice}

    def result(self) -> Evaluation:
        """Everything measured, with its means and tests."""
        self._reporter.progress("Measuring", self._places, self._places, "volumes")
        unit = self._unit()
        summary = summary_of(self._scores, self._columns, unit)
        self._warn(self._columns)
        columns = {column.name: column.label for column in self._columns}
        normalisation = "none" if self._request.labels else self._request.normalisation
        scores = tuple(row for rows in self._scores for row in rows)
        if not self._request.against:
            return Evaluation(normalisation, columns, scores, summary)
        return Evaluation(
            normalisation,
            columns,
            scores,
            summary,
            tuple(row for rows in self._against for row in rows),
            summary_of(self._against, self._columns, unit),
            tuple(model_tests(self._scores, self._against, self._columns)),
        )

    def _unit(self) -> str:
        if len(self._scores) > 1:
            return "stacks"
        if self._request.labels:
            return "classes"
        return "planes" if self._request.per_plane else "volumes"

    def _warn(self, columns: Sequence[Column]) -> None:
        rows = [row for rows in (*self._scores, *self._against) for row in rows]
        unknown: dict[int, list[str]] = {}
        for column in columns:
            count = sum(row.values[column.name] is None for row in rows)
            unknown.setdefault(count, []).append(column.name)
        for count, names in unknown.items():
            if count == len(rows):
                text = f"{', '.join(names)} cannot be told for these images."
            else:
                text = (
                    f"{', '.join(names)} cannot be told for {count} of {len(rows)} images; the "
                    "mean leaves them out."
                )
            if count:
                self._reporter.log(text, "warning")


def table_rows(evaluation: Evaluation) -> list[dict[str, object]]:
    """The rows of the table that is written: every score, then means, deviations and p-values."""
    models = [("restored", evaluation.scores, evaluation.summary)]
    if evaluation.against_summary is not None:
        models.append(("against", evaluation.against, evaluation.against_summary))
    given = ["restored", "target", "time", "channel", "plane", "label"]
    optional = {n for n in ("plane", "label") if getattr(evaluation.scores[0], n) is None}
    keys = [name for name in given if name not in optional]
    header = ["model", *keys] if len(models) > 1 else keys
    blank = {**dict.fromkeys([*header, *evaluation.columns], ""), "normalisation": ""}

    def filled(model: str, cells: Mapping[str, object], values: Mapping[str, object]) -> None:
        row = {**blank, **cells, **values, "normalisation": evaluation.normalisation}
        rows.append({**row, "model": model} if len(models) > 1 else row)

    rows: list[dict[str, object]] = []
    for model, scores, _ in models:
        for row in scores:
            fields = msgspec.structs.asdict(row)
            filled(model, {key: fields[key] for key in keys}, row.values)
    for model, scores, summary in models:
        if len(scores) > 1:
            filled(model, {"restored": f"mean of {summary.count} {summary.unit}"}, summary.mean)
            filled(model, {"restored": f"SD of {summary.count} {summary.unit}"}, summary.sd)
    if evaluation.tests:
        p_values = {test.measure: test.p for test in evaluation.tests}
        filled("restored", {"restored": "p, one-tailed paired t-test"}, p_values)
    return rows


def written_table(path: Path, rows: Sequence[Mapping[str, object]]) -> str:
    """Write a table as CSV; returns its path as text.

    Args:
        path: Where to; an existing file is replaced.
        rows: At least one; the keys of the first are the header.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write_bytes(path, text.getvalue().encode())
    return str(path)
