"""How a training went, as a table that can be read while it runs."""

import csv
from collections.abc import Mapping
from contextlib import suppress
from math import isnan
from pathlib import Path

from gvtstudio.io.failures import unwritable

STEP = "step"


class HistoryFile:
    """``history.csv``: one row per validation, appended.

    Args:
        path: Of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self, step: int) -> None:
        """Keep the rows up to a step, for a training that goes on from there; -1 keeps none.

        Raises:
            OutputUnwritable: The folder cannot be written.
        """
        try:
            kept = [row for row in self._rows() if _number(row.get(STEP)) <= step]
            self._path.unlink(missing_ok=True)
            for row in kept:
                self._append(row)
        except OSError as error:
            raise unwritable(self._path, error) from error

    def add(self, row: Mapping[str, float]) -> None:
        """Append one row; the first one decides which columns there are.

        Raises:
            OutputUnwritable: The folder cannot be written.
        """
        try:
            self._append({n: "" if isnan(v) else f"{v:.8g}" for n, v in row.items()})
        except OSError as error:
            raise unwritable(self._path, error) from error

    def _append(self, row: Mapping[str, str]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        columns = self._columns()
        with self._path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns or list(row), restval="", extrasaction="ignore")
            if not columns:
                writer.writeheader()
            writer.writerow(row)

    def _columns(self) -> list[str]:
        with suppress(FileNotFoundError), self._path.open(newline="", encoding="utf-8") as file:
            return next(csv.reader(file), [])
        return []

    def _rows(self) -> list[dict[str, str]]:
        with suppress(FileNotFoundError), self._path.open(newline="", encoding="utf-8") as file:
            # a row that a power cut left incomplete lacks cells
            return [row for row in csv.DictReader(file) if None not in row.values()]
        return []


def _number(text: str | None) -> float:
    """A cell as a number; a cell that is none belongs to no step."""
    try:
        return float(text or "inf")
    except ValueError:
        return float("inf")
