"""The numbers of an evaluation as rows of text: to be read, and to be taken elsewhere."""

import csv
import io
from collections.abc import Iterable

from gvtstudio.domain.evaluation import Evaluation, Scores

_PLACES = {"time": "Time", "channel": "Channel", "plane": "Plane", "label": "Class"}
_UNKNOWN = "?"


def shown_table(evaluation: Evaluation) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and rows for the screen; the last row holds the means where there are several."""
    places = _places(evaluation)
    headings = (*(_PLACES[name] for name in places), *evaluation.columns.values())
    rows = [
        (
            *(str(getattr(score, name)) for name in places),
            *(_short(score.values[name]) for name in evaluation.columns),
        )
        for score in evaluation.scores
    ]
    if len(rows) > 1:
        blank = ("",) * (len(places) - 1)
        rows.append(("mean ± SD", *blank, *_means(evaluation)))
    return headings, rows


def exported_rows(evaluation: Evaluation) -> list[list[str]]:
    """A heading and every score with all its digits, the files and the normalisation."""
    places = _places(evaluation)
    rows = [["restored", "target", *places, *evaluation.columns, "normalisation"]]
    for score in evaluation.scores:
        values = (score.values[name] for name in evaluation.columns)
        told = ("" if value is None else repr(value) for value in values)
        where = (str(getattr(score, name)) for name in places)
        rows.append([score.restored, score.target, *where, *told, evaluation.normalisation])
    return rows


def csv_bytes(rows: Iterable[list[str]]) -> bytes:
    """Rows as a file that spreadsheets open."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _places(evaluation: Evaluation) -> list[str]:
    first: Scores = evaluation.scores[0]
    return [name for name in _PLACES if getattr(first, name) is not None]


def _means(evaluation: Evaluation) -> Iterable[str]:
    for name in evaluation.columns:
        mean, sd = evaluation.summary.mean[name], evaluation.summary.sd[name]
        yield _short(mean) if sd is None else f"{_short(mean)} ± {sd:.2g}"


def _short(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.4g}"
