"""Every file format the program can read.

To add a format: one file here with ``recognises`` and ``open``, a line in ``READERS``, and a tiny
sample for ``tests/io/formats``. Files are known by their first bytes; the extensions only fill the
open dialog.
"""

from gvtstudio.domain.specs import ReaderSpec

_TIFF = ReaderSpec(
    name="tiff",
    title="TIFF, OME-TIFF, ImageJ, LSM, STK",
    extensions=(".tif", ".tiff", ".btf", ".tf8", ".lsm", ".stk"),
    recognises="gvtstudio.io.formats.tiff_recognition:is_tiff",
    open="gvtstudio.io.formats.tiff:open_tiff",
)

_NIFTI = ReaderSpec(
    name="nifti",
    title="NIfTI",
    extensions=(".nii", ".nii.gz"),
    recognises="gvtstudio.io.formats.nifti_recognition:is_nifti",
    open="gvtstudio.io.formats.nifti:open_nifti",
)

_SCRATCH = ReaderSpec(
    name="scratch",
    title="Restoration at work",
    extensions=(),
    recognises="gvtstudio.io.formats.scratch:is_scratch",
    open="gvtstudio.io.formats.scratch:open_scratch",
)

READERS: dict[str, ReaderSpec] = {spec.name: spec for spec in (_TIFF, _NIFTI, _SCRATCH)}
