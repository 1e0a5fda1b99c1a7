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
    has_levels=True,
)

_CZI = ReaderSpec(
    name="czi",
    title="Zeiss CZI",
    extensions=(".czi",),
    recognises="gvtstudio.io.formats.czi_recognition:is_czi",
    open="gvtstudio.io.formats.czi:open_czi",
    has_levels=True,
)

_DV = ReaderSpec(
    name="dv",
    title="DeltaVision",
    extensions=(".dv", ".r3d"),
    recognises="gvtstudio.io.formats.mrc_recognition:is_dv",
    open="gvtstudio.io.formats.dv:open_dv",
)

_IMS = ReaderSpec(
    name="ims",
    title="Imaris",
    extensions=(".ims",),
    recognises="gvtstudio.io.formats.ims_recognition:is_ims",
    open="gvtstudio.io.formats.ims:open_ims",
    has_levels=True,
)

_LIF = ReaderSpec(
    name="lif",
    title="Leica LIF, LOF",
    extensions=(".lif", ".lof"),
    recognises="gvtstudio.io.formats.lif_recognition:is_lif",
    open="gvtstudio.io.formats.lif:open_lif",
)

_MICROMANAGER = ReaderSpec(
    name="micromanager",
    title="Micro-Manager folder",
    extensions=(),
    recognises=("gvtstudio.io.formats.micromanager_folder_recognition:is_micromanager_folder"),
    open="gvtstudio.io.formats.micromanager_folder:open_micromanager_folder",
)

_MRC = ReaderSpec(
    name="mrc",
    title="MRC",
    extensions=(".mrc", ".mrcs", ".map", ".rec", ".st", ".ali"),
    recognises="gvtstudio.io.formats.mrc_recognition:is_mrc",
    open="gvtstudio.io.formats.mrc:open_mrc",
)

_ND2 = ReaderSpec(
    name="nd2",
    title="Nikon ND2",
    extensions=(".nd2",),
    recognises="gvtstudio.io.formats.nd2_recognition:is_nd2",
    open="gvtstudio.io.formats.nd2:open_nd2",
)

_NIFTI = ReaderSpec(
    name="nifti",
    title="NIfTI",
    extensions=(".nii", ".nii.gz"),
    recognises="gvtstudio.io.formats.nifti_recognition:is_nifti",
    open="gvtstudio.io.formats.nifti:open_nifti",
)

_NUMPY = ReaderSpec(
    name="numpy",
    title="NumPy",
    extensions=(".npy", ".npz"),
    recognises="gvtstudio.io.formats.numpy_file:is_numpy",
    open="gvtstudio.io.formats.numpy_file:open_numpy",
)

_OME_ZARR = ReaderSpec(
    name="ome_zarr",
    title="OME-Zarr, Zarr",
    extensions=(".zarr",),
    recognises="gvtstudio.io.formats.ome_zarr_recognition:is_ome_zarr",
    open="gvtstudio.io.formats.ome_zarr:open_ome_zarr",
    has_levels=True,
)

_OIF = ReaderSpec(
    name="oif",
    title="Olympus FluoView",
    extensions=(".oib", ".oif"),
    recognises="gvtstudio.io.formats.oif_recognition:is_oif",
    open="gvtstudio.io.formats.oif:open_oif",
)

_SCRATCH = ReaderSpec(
    name="scratch",
    title="Restoration at work",
    extensions=(),
    recognises="gvtstudio.io.formats.scratch:is_scratch",
    open="gvtstudio.io.formats.scratch:open_scratch",
)

_TIFF_DATASET = ReaderSpec(
    name="tiff_dataset",
    title="Micro-Manager NDTiff, MMStack",
    extensions=(),
    recognises="gvtstudio.io.formats.tiff_dataset_recognition:is_tiff_dataset",
    open="gvtstudio.io.formats.tiff_dataset:open_tiff_dataset",
)

_TIFF_SEQUENCE = ReaderSpec(
    name="tiff_sequence",
    title="Sequence of TIFF files",
    extensions=(),
    recognises="gvtstudio.io.formats.tiff_sequence_recognition:is_tiff_sequence",
    open="gvtstudio.io.formats.tiff_sequence:open_tiff_sequence",
)

_XLEF = ReaderSpec(
    name="xlef",
    title="Leica XLEF, XLIF",
    extensions=(".xlef", ".xlcf", ".xlif"),
    recognises="gvtstudio.io.formats.xlef_recognition:is_xlef",
    open="gvtstudio.io.formats.xlef:open_xlef",
)

READERS: dict[str, ReaderSpec] = {
    spec.name: spec
    for spec in (
        _TIFF,
        _CZI,
        _DV,
        _IMS,
        _LIF,
        _MICROMANAGER,
        _MRC,
        _ND2,
        _NIFTI,
        _NUMPY,
        _OIF,
        _OME_ZARR,
        _SCRATCH,
        _TIFF_DATASET,
        _XLEF,
        # last, because it goes by names alone
        _TIFF_SEQUENCE,
    )
}
