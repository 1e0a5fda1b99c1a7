"""Calibration, channels and texts, of synthetic files of each kind and of real ones."""

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.calibration import Calibration
from gvtstudio.io.formats import lsm_metadata, micromanager_metadata, stk_metadata
from gvtstudio.io.formats.units import duration_s, length_um
from gvtstudio.io.stacks import inspect_stack
from tests.io.stacks_for_tests import numbered, write_plain


def imagej_file(path, array=None, resolution=(4.0, 5.0), **metadata):
    array = numbered((3, 6, 7)) if array is None else array
    tifffile.imwrite(
        path, array, imagej=True, resolution=resolution, metadata={"axes": "ZYX", **metadata}
    )
    return path


@pytest.mark.parametrize(
    ("unit", "in_um"),
    [
        ("um", 1.0),
        ("micron", 1.0),
        ("microns", 1.0),
        ("\\u00B5m", 1.0),
        ("nm", 0.001),
        ("mm", 1000.0),
        ("millimeter", 1000.0),
        ("cm", 10000.0),
        ("pixel", None),
        ("pixels", None),
        ("inch", None),
        ("", None),
    ],
)
def test_imagej_units(tmp_path, unit, in_um):
    info = inspect_stack(imagej_file(tmp_path / "i.tif", unit=unit, spacing=2.0))
    if in_um is None:
        assert info.calibration == Calibration()
        assert info.calibration.describe() == "uncalibrated"
    else:
        expected = [2.0 * in_um, 0.2 * in_um, 0.25 * in_um]
        found = [info.calibration.z_um, info.calibration.y_um, info.calibration.x_um]
        assert found == pytest.approx(expected, rel=1e-6)
        assert info.calibration.source == "file"


def test_micro_sign_in_any_spelling():
    assert length_um(1, "\u00b5m") == length_um(1, "\u03bcm") == length_um(1, " Micron ") == 1.0
    assert length_um(5, "Å") == pytest.approx(5e-4)
    assert length_um("abc", "um") is None
    assert length_um(float("nan"), "um") is None
    assert length_um(-1, "um") is None
    assert duration_s(2, "min") == 120.0


def test_imagej_without_slice_distance_does_not_invent_one(tmp_path):
    info = inspect_stack(imagej_file(tmp_path / "i.tif", unit="um"))
    assert info.calibration.z_um is None


def test_imagej_time_interval(tmp_path):
    path = imagej_file(tmp_path / "i.tif", unit="um", finterval=0.5)
    assert inspect_stack(path).calibration.time_interval_s == 0.5
    path = imagej_file(tmp_path / "ms.tif", unit="um", finterval=250.0, tunit="ms")
    assert inspect_stack(path).calibration.time_interval_s == 0.25


def test_imagej_without_resolution_is_uncalibrated(tmp_path):
    path = tmp_path / "i.tif"
    tifffile.imwrite(path, numbered((6, 7)), imagej=True)
    assert not inspect_stack(path).calibration.is_calibrated


def test_dots_per_inch_are_no_calibration(tmp_path):
    path = tmp_path / "dpi.tif"
    tifffile.imwrite(path, numbered((6, 7)), resolution=(300, 300), resolutionunit="inch")
    assert inspect_stack(path).calibration == Calibration()


def test_imagej_names_colours_and_info(tmp_path):
    green = np.zeros((3, 256), "uint8")
    green[1] = np.arange(256)
    path = tmp_path / "i.tif"
    metadata = {
        "axes": "ZCYX", "Labels": ["Aktin", "核"] * 3, "LUTs": [green, green[::-1]],
        "Info": "Objective = 63x\nµ 中文",
    }  # fmt: skip
    tifffile.imwrite(path, numbered((3, 2, 6, 7)), imagej=True, metadata=metadata)
    info = inspect_stack(path)
    assert [channel.name for channel in info.channels] == ["Aktin", "核"]
    assert [channel.colour for channel in info.channels] == ["#00ff00", "#00ff00"]
    assert info.metadata_text == "Objective = 63x\nµ 中文"


@pytest.mark.parametrize(
    "labels", [["a", "b", "c", "d", "e", "f"], ["only", "two"], ["", "", "", "", "", ""]]
)
def test_labels_of_slices_are_no_channel_names(tmp_path, labels):
    path = tmp_path / "i.tif"
    metadata = {"axes": "ZCYX", "Labels": labels}
    tifffile.imwrite(path, numbered((3, 2, 6, 7)), imagej=True, metadata=metadata)
    assert [c.name for c in inspect_stack(path).channels] == ["Channel 1", "Channel 2"]


def test_label_of_a_single_plane_is_its_file_name(tmp_path):
    path = tmp_path / "i.tif"
    tifffile.imwrite(path, numbered((6, 7)), imagej=True, metadata={"Labels": ["old name.tif"]})
    assert inspect_stack(path).channels[0].name == "Channel 1"


def ome_file(path, **metadata):
    array = numbered((2, 3, 2, 6, 7))
    given = {"axes": "TZCYX", **metadata}
    tifffile.imwrite(path, array, ome=True, photometric="minisblack", metadata=given)
    return path


def test_ome_calibration_in_any_unit(tmp_path):
    path = ome_file(
        tmp_path / "o.ome.tif",
        PhysicalSizeX=104.0, PhysicalSizeXUnit="nm",
        PhysicalSizeY=0.105, PhysicalSizeYUnit="µm",
        PhysicalSizeZ=0.0003, PhysicalSizeZUnit="mm",
        TimeIncrement=500.0, TimeIncrementUnit="ms",
        SignificantBits=12,
    )  # fmt: skip
    info = inspect_stack(path)
    assert info.calibration == Calibration(0.3, 0.105, 0.104, 0.5, "file")
    assert info.significant_bits == 12


def test_ome_without_unit_means_micrometres(tmp_path):
    path = ome_file(tmp_path / "o.ome.tif", PhysicalSizeX=0.2, PhysicalSizeY=0.2)
    assert inspect_stack(path).calibration == Calibration(None, 0.2, 0.2, None, "file")


@pytest.mark.parametrize("unit", ["pixel", "reference frame"])
def test_ome_in_pixels_is_uncalibrated(tmp_path, unit):
    sizes = {f"PhysicalSize{a}": 1.0 for a in "XYZ"} | {f"PhysicalSize{a}Unit": unit for a in "XYZ"}
    assert inspect_stack(ome_file(tmp_path / "o.ome.tif", **sizes)).calibration == Calibration()


def test_ome_channels(tmp_path):
    channels = [
        {"Name": "GFP <&>", "Color": 16711935, "EmissionWavelength": 509.5},
        {"Name": "核", "Color": -16776961, "ExcitationWavelength": 0.405,
         "ExcitationWavelengthUnit": "µm"},
    ]  # fmt: skip
    green, red = inspect_stack(ome_file(tmp_path / "o.ome.tif", Channel=channels)).channels
    assert (green.name, green.colour, green.emission_wavelength_nm) == ("GFP <&>", "#00ff00", 509.5)
    assert (red.name, red.colour, red.excitation_wavelength_nm) == ("核", "#ff0000", 405.0)


def test_broken_ome_xml_still_gives_the_image(tmp_path):
    path = tmp_path / "broken.ome.tif"
    xml = '<?xml version="1.0"?><OME xmlns="x"><Image></OME>'
    tifffile.imwrite(path, numbered((6, 7)), description=xml, metadata=None)
    info = inspect_stack(path)
    assert info.shape == (1, 1, 1, 6, 7)
    assert info.calibration == Calibration()


def test_palette_gives_the_channels_colour(tmp_path):
    path = tmp_path / "palette.tif"
    palette = np.zeros((3, 256), "uint16")
    palette[0] = np.arange(256) * 257
    tifffile.imwrite(
        path, numbered((6, 7), "uint8"), photometric="palette", colormap=palette, metadata=None
    )
    info = inspect_stack(path)
    assert info.channels[0].colour == "#ff0000"
    assert not info.is_rgb


def test_inverted_pictures_are_told(tmp_path):
    path = write_plain(tmp_path / "white.tif", numbered((6, 7)), photometric="miniswhite")
    assert "inverted" in inspect_stack(path).warnings[0]


def test_lsm_values():
    values = {
        "VoxelSizeX": 1.04e-7, "VoxelSizeY": 1.05e-7, "VoxelSizeZ": 3e-7, "TimeIntervall": 2.0,
        "ChannelColors": {"ColorNames": ["Ch1\x00", "Ch2"],
                          "Colors": [(255, 0, 0, 0), (0, 255, 0, 0)]},
        "ScanInformation": {"Objective": "63x", "Tracks": [
            {"DataChannels": [{"BitsPerSample": 12}, {"BitsPerSample": 12}]}]},
    }  # fmt: skip
    found = lsm_metadata.described(values, (1, 5, 2, 8, 8))
    assert found.calibration == Calibration(0.3, 0.105, 0.104, 2.0, "file")
    assert [(c.name, c.colour) for c in found.channels] == [("Ch1", "#ff0000"), ("Ch2", "#00ff00")]
    assert found.significant_bits == 12
    assert "Objective: 63x" in found.text


def test_stk_values():
    values = {
        "SpatialCalibration": 1, "XCalibration": 0.2, "YCalibration": 0.2, "CalibrationUnits": "um",
        "NumberPlanes": 3, "ZDistance": np.array([0.5, 0.5, 0.5]), "Name": "Cy5",
    }  # fmt: skip
    assert stk_metadata.described(values).calibration == Calibration(0.5, 0.2, 0.2, None, "file")
    times = np.array(["2020-01-01T00:00:00", "2020-01-01T00:00:03"], "datetime64[ns]")
    series = values | {"ZDistance": np.zeros(2), "NumberPlanes": 2, "DatetimeCreated": times}
    assert stk_metadata.described(series).calibration.time_interval_s == 3.0
    uncalibrated = values | {"SpatialCalibration": 0}
    assert stk_metadata.described(uncalibrated).calibration.x_um is None


def test_micromanager_values():
    summary = {
        "PixelSize_um": 0.16, "z-step_um": 0.4, "Interval_ms": 1500.0, "BitDepth": 14,
        "ChNames": ["DAPI", "GFP"], "ChColors": [-16776961, 65280],
    }  # fmt: skip
    found = micromanager_metadata.described({"Summary": summary}, (1, 5, 2, 8, 8))
    assert found.calibration == Calibration(0.4, 0.16, 0.16, 1.5, "file")
    assert [(c.name, c.colour) for c in found.channels] == [("DAPI", "#0000ff"), ("GFP", "#00ff00")]
    assert found.significant_bits == 14


# Sizes and voxel sizes as other programs read them; they stand in the README of the data.
REAL = [
    ("golgi_bfa", (1, 25, 1, 137, 147), "uint16", (0.3876, 0.35144, 0.35144)),
    ("coloc1b_colocsample1b_green", (1, 33, 1, 152, 172), "uint8", (0.64609, 0.32822, 0.32822)),
    ("flybrain", (1, 57, 1, 256, 256), "uint8", (3.94737, 2.67552, 2.67552)),
    ("chromosomes", (1, 40, 1, 152, 126), "uint16", (0.15, 0.03385, 0.03385)),
    ("nuclear_envelope", (1, 14, 1, 224, 305), "uint8", (None, 0.24165, 0.24165)),
    ("nuclei_autothresh", (1, 37, 1, 118, 132), "uint8", (4, 0.82864, 0.82864)),
    ("mitotic_plate", (1, 6, 1, 263, 263), "uint8", (3, 0.0852, 0.0852)),
    ("mri_head_aniso", (1, 27, 1, 226, 186), "uint8", (7000, 500, 500)),
    ("em_mito_er", (1, 1, 1, 517, 497), "uint8", (None, 0.008, 0.008)),
    ("embryo_tl_fl", (1, 1, 2, 341, 341), "uint16", (None, 0.39, 0.39)),
    ("pyimagej_still", (1, 1, 3, 300, 300), "uint16", (None, 0.325, 0.325)),
    ("xyzct_mitosis", (3, 5, 2, 196, 171), "uint16", (None, 0.0885, 0.0885)),
    ("brainreg_brain", (1, 160, 1, 160, 160), "uint16", (50, 50, 50)),
    ("neuroproof_ts1", (1, 160, 1, 250, 250), "uint8", (0.01, 0.01, 0.01)),
    ("limeseg_brain", (2, 81, 1, 100, 130), "uint8", None),
    ("lsm_test", (1, 1, 1, 512, 512), "uint16", (None, 0.69189, 0.69189)),
    ("stk_metamorph", (1, 1, 1, 520, 696), "uint16", (None, 0.645, 0.645)),
    ("ometif_z", (1, 5, 1, 167, 439), "int8", None),
    ("pollen", (1, 32, 1, 256, 256), "uint16", None),
    ("cellseg3d_c5", (1, 124, 1, 86, 94), "float32", None),
    ("plantseg_2ch", (1, 75, 2, 75, 75), "uint16", None),
]


@pytest.mark.parametrize(("folder", "shape", "dtype", "voxel_um"), REAL, ids=[r[0] for r in REAL])
def test_real_files(shared_data, folder, shape, dtype, voxel_um):
    suffixes = {".tif", ".lsm"}
    path = next(p for p in sorted((shared_data / folder).iterdir()) if p.suffix in suffixes)
    info = inspect_stack(path)
    assert (info.shape, info.dtype) == (shape, dtype)
    found = (info.calibration.z_um, info.calibration.y_um, info.calibration.x_um)
    if voxel_um is None:
        assert found == (None, None, None)
    else:
        assert found == tuple(v if v is None else pytest.approx(v, rel=2e-4) for v in voxel_um)
    assert not info.is_rgb


def test_real_files_name_what_their_microscope_wrote(shared_data):
    lsm = inspect_stack(shared_data / "lsm_test" / "test.lsm")
    assert (lsm.channels[0].name, lsm.channels[0].colour) == ("ChS1", "#ff0000")
    assert "EC Plan-Neofluar 40x/1.30 Oil" in lsm.metadata_text
    stk = inspect_stack(shared_data / "stk_metamorph" / "MetamorphImage.tif")
    assert (stk.channels[0].name, stk.significant_bits) == ("Cy5", 12)
    assert "Exposure: 300 ms" in stk.metadata_text
    mitosis = inspect_stack(shared_data / "xyzct_mitosis" / "xyzct-mitosis.tif")
    assert [channel.colour for channel in mitosis.channels] == ["#ff0000", "#00ff00"]
    assert mitosis.calibration.time_interval_s == pytest.approx(1 / 7)
    assert mitosis.metadata_text.startswith("Drosophila S2 cell")
