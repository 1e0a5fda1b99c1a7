"""Measure a restored stack against its target."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.domain.job import EvaluateRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.stack import read_volume
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.metrics import measure_agreement
from gvtstudio.io.atomic import refuse_existing, write_bytes
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.stacks import open_stack

MEASURES = ("psnr_db", "ssim", "nrmse", "pearson_r")


def run(request: EvaluateRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """PSNR, SSIM, NRMSE and Pearson's r of every volume; the mean is the answer.

    Raises:
        StackUnsuitable: The two stacks have different sizes, or the target is constant.
        OutputUnwritable: The table exists, or its place cannot be written.
    """
    if request.csv and not request.overwrite:
        refuse_existing(Path(request.csv))
    restored, target = open_stack(Path(request.restored)), open_stack(Path(request.target))
    rows = []
    try:
        if restored.info.shape != target.info.shape:
            raise StackUnsuitable(
                f"{restored.info.name} and {target.info.name} have different sizes: "
                f"{restored.info.shape} and {target.info.shape} along T, Z, C, Y, X.",
                "Compare a restored stack with the target of the same field of view.",
            )
        shape = target.info.shape
        places = [(t, c) for t in range(shape[0]) for c in range(shape[2])]
        for i, (t, c) in enumerate(places):
            reporter.progress("Measuring", i, len(places), "volumes")
            image, truth = read_volume(restored, t, c), read_volume(target, t, c)
            if truth.min() == truth.max():
                raise StackUnsuitable(
                    f"{target.info.name} has the same value everywhere.", "Choose another target."
                )
            agreement = measure_agreement(image, truth, request.normalisation)
            rows.append({"time": t + 1, "channel": c + 1, **msgspec.structs.asdict(agreement)})
    finally:
        restored.close()
        target.close()
    reporter.progress("Measuring", len(places), len(places), "volumes")
    outputs = (written_table(Path(request.csv), rows),) if request.csv else ()
    means = {measure: float(np.mean([row[measure] for row in rows])) for measure in MEASURES}
    # a message holds no NaN: SSIM needs seven pixels, Pearson's r two different values
    known = {measure: mean for measure, mean in means.items() if np.isfinite(mean)}
    for measure in means.keys() - known.keys():
        reporter.log(f"{measure} cannot be told for this image.", "warning")
    return Finished(outputs, numbers=known)


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
