"""Write a stack to another file or format."""

from datetime import datetime
from pathlib import Path

from gvtstudio import __version__
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import ExportRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.specs import ExporterSpec, look_up
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.export import export_stack
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.stacks import inspect_stack, open_stack


def run(request: ExportRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Export with the provenance the source already has, or its own.

    Raises:
        InputRefused: The source cannot be read.
        OutputUnwritable: The destination exists or cannot be written.
    """
    source_path, destination = Path(request.source), Path(request.destination)
    _refuse_misleading_name(destination, look_up(EXPORTERS, "format", request.format))
    provenance = read_provenance(source_path) or Provenance(
        program=f"GVT Studio {__version__}",
        input_path=request.source,
        input_sha256=sha256_of_file(source_path),
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
    )
    source = open_stack(source_path, request.scene, request.voxel_size, request.axes)
    try:
        written = export_stack(
            source,
            destination,
            request.format,
            provenance,
            overwrite=request.overwrite,
            report=lambda done, total: reporter.progress("Writing", done, total, "planes"),
        )
    finally:
        source.close()
    return Finished((str(written),), (inspect_stack(written),))


def _refuse_misleading_name(destination: Path, exporter: ExporterSpec) -> None:
    """A file must be named as what it is: ``.tif`` or ``.tiff`` for a TIFF."""
    if not destination.name.lower().endswith(exporter.endings):
        raise UsageError(
            f"{destination.name} would hold a {exporter.title} file under a misleading name.",
            f"Let the name end in {exporter.extension}.",
        )
