"""Measure profiles, spectra, resolution, regions or spots of stacks."""

from contextlib import ExitStack, closing
from pathlib import Path

from gvtstudio.domain.analysis import AnalyseRequest, Analysis
from gvtstudio.domain.errors import OutputUnwritable, UsageError
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.engine.evaluate import written_table
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.analysis import ANALYSES
from gvtstudio.imaging.analysis.table import analysis_rows
from gvtstudio.imaging.analysis.volumes import AnalysedVolumes
from gvtstudio.io.atomic import refuse_existing, refuse_unwritable
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.stacks import open_stack


def run(request: AnalyseRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Measure, and write the table where one is wanted.

    Raises:
        UsageError: There is no such analysis or place.
        InputRefused: A stack cannot be read or measured.
        OutputUnwritable: The table exists, or its place cannot be written.
        Cancelled: The user stopped.
    """
    analyse = load_callable(look_up(ANALYSES, "analysis", request.what))
    if not request.stacks:
        raise UsageError("There is no stack to measure.", "Give one or more.")
    _refuse_table(request)
    with ExitStack() as opened:
        stacks = [
            opened.enter_context(closing(open_stack(Path(s.path), s.scene, s.voxel_size, s.axes)))
            for s in request.stacks
        ]
        mask = None
        if request.mask:
            mask = opened.enter_context(closing(open_stack(Path(request.mask))))
        volumes = AnalysedVolumes(
            request,
            stacks,
            mask,
            lambda done, total: reporter.progress("Measuring", done, total, "planes"),
        )
        analysis: Analysis = analyse(volumes)
    for note in analysis.notes:
        reporter.log(note)
    if not request.csv:
        return Finished(analysis=analysis)
    written = written_table(Path(request.csv), list(analysis_rows(analysis)))
    return Finished((written,), analysis=analysis)


def _refuse_table(request: AnalyseRequest) -> None:
    if not request.csv:
        return
    table = Path(request.csv)
    if any(table == Path(path) for path in (request.mask, *(s.path for s in request.stacks))):
        raise OutputUnwritable(f"{table.name} is one of the stacks.", "Choose another name.")
    if not request.overwrite:
        refuse_existing(table)
    refuse_unwritable(table)
