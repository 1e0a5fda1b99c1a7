"""Write a stack to another file or format."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from gvtstudio import __version__
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.file_names import refuse_template
from gvtstudio.domain.job import ExportRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.specs import ExporterSpec, look_up
from gvtstudio.domain.stack import StackInfo
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.conversion import Losses
from gvtstudio.io.converted_stack import ConvertedStack
from gvtstudio.io.export import export_stack, exported_path, refuse_export
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.input_watch import InputWatch
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.stacks import inspect_stack, open_stack


def run(request: ExportRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Export with the provenance the source already has, or its own.

    Raises:
        InputRefused: The source cannot be read.
        OutputUnwritable: The destination exists or cannot be written.
    """
    source_path = Path(request.source)
    exporter = look_up(EXPORTERS, "format", request.format)
    refuse_template(request.name_template)
    source = open_stack(source_path, request.scene, request.voxel_size, request.axes)
    watch = InputWatch(source_path)
    try:
        source = ConvertedStack(source, request.dtype, request.limits)
        destination = exported_path(request, source.info)
        _refuse_misleading_name(destination, exporter)
        refuse_export(source, destination, exporter, overwrite=request.overwrite)
        losses = source.losses(
            lambda done, total: reporter.progress("Counting", done, total, "planes")
        )
        written = export_stack(
            source,
            destination,
            request.format,
            _provenance(request, losses),
            overwrite=request.overwrite,
            report=lambda done, total: reporter.progress("Writing", done, total, "planes"),
        )
    finally:
        source.close()
    if watch.change():
        reporter.log(watch.change(), "warning")
    verdict = _verdict(source.info, request, losses)
    if verdict:
        reporter.log(verdict)
    return Finished((str(written),), (inspect_stack(written),), _numbers(losses), verdict=verdict)


def _provenance(request: ExportRequest, losses: Losses) -> Provenance:
    """What made the source, and what the export did to its voxels."""
    source_path = Path(request.source)
    known = read_provenance(source_path) or Provenance(
        program=f"GVT Studio {__version__}",
        input_path=request.source,
        input_sha256=sha256_of_file(source_path),
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
    )
    chosen: dict[str, str] = {}
    if request.dtype != "same" or request.limits is not None:
        chosen["export_dtype"] = request.dtype
    if request.limits is not None:
        chosen["export_limits"] = ",".join(f"{limit:.10g}" for limit in request.limits)
    return msgspec.structs.replace(
        known,
        parameters={**known.parameters, **chosen},
        numbers={**known.numbers, **_numbers(losses)},
    )


def _numbers(losses: Losses) -> dict[str, float]:
    """What was lost, told apart from what the restoration had clipped before."""
    counted = asdict(losses)
    return {f"export_{what}_voxels": float(count) for what, count in counted.items() if count}


def _verdict(info: StackInfo, request: ExportRequest, losses: Losses) -> str:
    """What became of the intensities, in words; empty where they are as they were."""
    sentences = []
    if request.limits is not None:
        low, high = request.limits
        sentences.append(
            f"Intensities from {low:.10g} to {high:.10g} are spread over 0 to "
            f"{np.iinfo(info.dtype).max}, and are no longer in their units."
        )
    if losses.clipped:
        beyond = f"the range of {info.dtype}" if request.limits is None else "these limits"
        share = 100 * losses.clipped / info.voxel_count
        of_them = f", of which {losses.not_finite:,} held no number and became 0"
        sentences.append(
            f"{losses.clipped:,} voxels ({share:.2g} %) were outside {beyond} and were clipped"
            f"{of_them if losses.not_finite else ''}."
        )
    if losses.rounded:
        sentences.append(f"{losses.rounded:,} voxels were rounded to what {info.dtype} can hold.")
    return " ".join(sentences)


def _refuse_misleading_name(destination: Path, exporter: ExporterSpec) -> None:
    """A file must be named as what it is: ``.tif`` or ``.tiff`` for a TIFF."""
    if not destination.name.lower().endswith(exporter.endings):
        raise UsageError(
            f"{destination.name} would hold a {exporter.title} file under a misleading name.",
            f"Let the name end in {exporter.extension}.",
        )
