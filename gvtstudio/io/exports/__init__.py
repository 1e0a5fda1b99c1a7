"""Every file format the program can write.

To add a format: one file here with a ``write`` and a line in ``EXPORTERS``; ``tests/io/exports``
then writes it, reads it back and compares pixels, voxel size and channels.
"""

import msgspec

from gvtstudio.domain.specs import ExporterSpec

_IMAGEJ_DTYPES = ("uint8", "uint16", "float32")
_NIFTI_DTYPES = (*_IMAGEJ_DTYPES, "int8", "int16", "int32", "uint32", "float64")

_OME_TIFF = ExporterSpec(
    name="ome-tiff",
    title="OME-TIFF: compressed, opens everywhere, keeps all metadata",
    extension=".ome.tif",
    endings=(".tif", ".tiff"),
    dtypes=(*_NIFTI_DTYPES, "bool"),
    write="gvtstudio.io.exports.ome_tiff:write",
)
_OME_TIFF_PLAIN = msgspec.structs.replace(
    _OME_TIFF,
    name="ome-tiff-plain",
    title="OME-TIFF, not compressed: as quick as the disk, about twice as large",
    write="gvtstudio.io.exports.ome_tiff:write_plain",
    growth=1.34,
)
_IMAGEJ_TIFF = ExporterSpec(
    name="imagej-tiff",
    title="ImageJ hyperstack: opens in Fiji with a double click",
    extension=".tif",
    endings=(".tif", ".tiff"),
    dtypes=_IMAGEJ_DTYPES,
    write="gvtstudio.io.exports.imagej_tiff:write",
)

_NIFTI = ExporterSpec(
    name="nifti",
    title="NIfTI: for programs of MRI, lies over the stack it was made from",
    extension=".nii.gz",
    endings=(".nii.gz", ".nii"),
    dtypes=_NIFTI_DTYPES,
    write="gvtstudio.io.exports.nifti:write",
)

_OME_ZARR = ExporterSpec(
    name="ome-zarr",
    title="OME-Zarr: a folder, at several resolutions, for very large stacks",
    extension=".ome.zarr",
    endings=(".zarr",),
    dtypes=(*_NIFTI_DTYPES, "bool", "int64", "uint64", "float16"),
    write="gvtstudio.io.exports.ome_zarr:write",
    is_folder=True,
    growth=1.35,
)

EXPORTERS: dict[str, ExporterSpec] = {
    spec.name: spec for spec in (_OME_TIFF, _OME_TIFF_PLAIN, _IMAGEJ_TIFF, _NIFTI, _OME_ZARR)
}
