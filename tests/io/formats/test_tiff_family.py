"""TIFF as other programs write it: packings, packed bits, palettes, colours, slides."""

import zlib
from contextlib import closing

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.reading_for_tests import assert_regions_equal_whole, read
from tests.io.stacks_for_tests import numbered
from tests.io.tiff_for_tests import packed_bits, write_tiff

SIZE = (37, 53)
LAYOUTS = [{"rowsperstrip": 7}, {"tile": (16, 32)}]
IDS = ["strips", "tiles"]
REAL = ("float16", "float32", "float64")
WHOLE = ("uint8", "int16", "uint16", "uint32")
PLAIN = ("none", "lzw", "zlib", "deflate", "packbits", "zstd", "lzma")
# what each packing holds without loss, and what it needs for that
PACKINGS = {
    **{name: ((*WHOLE, *REAL, "bool"), {}) for name in PLAIN},
    "lerc": (("uint8", "int16", "uint16", "uint32", "float32", "float64"), {}),
    "jpeg2000": (("uint8", "int16", "uint16"), {"level": 0}),
    "jpegxl": (("uint8", "uint16"), {"lossless": True}),
    "jpegxr": (("uint8", "uint16"), {"level": 100}),
    "png": (("uint8", "uint16"), {}),
}
PACKED = [(name, dtype) for name, (dtypes, _) in PACKINGS.items() for dtype in dtypes]
PICTURES = ("none", "lzw", "zlib", "jpeg2000", "jpegxl", "png", "webp", "aperio_jp2000_rgb")


def smooth(dtype):
    """A picture that every codec takes, with some noise."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    values = (2 * y + x + numbered(SIZE, "int64") // 9) % 200
    return values > 90 if dtype == "bool" else values.astype(dtype)


def smooth_colours():
    grey = smooth("uint8")
    return np.stack([grey, 200 - grey, np.flipud(grey)], axis=2)


@pytest.mark.parametrize("layout", LAYOUTS, ids=IDS)
@pytest.mark.parametrize(("packing", "dtype"), PACKED)
def test_every_packing_of_every_type(tmp_path, packing, dtype, layout):
    array, path = smooth(dtype), tmp_path / "a.tif"
    arguments = PACKINGS[packing][1]
    tifffile.imwrite(
        path, array, compression=packing, compressionargs=arguments or None, metadata=None,
        photometric="minisblack", **layout,
    )  # fmt: skip
    found = assert_regions_equal_whole(path)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found[0, 0, 0], array)


@pytest.mark.parametrize("layout", LAYOUTS, ids=IDS)
@pytest.mark.parametrize("packing", ["lzw", "zlib", "zstd"])
@pytest.mark.parametrize(
    ("dtype", "predictor"), [*((d, 2) for d in WHOLE), *((d, 3) for d in REAL)]
)
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_every_predictor(tmp_path, packing, dtype, predictor, byteorder, layout):
    array, path = smooth(dtype), tmp_path / "a.tif"
    tifffile.imwrite(
        path, array, compression=packing, predictor=predictor, byteorder=byteorder,
        metadata=None, **layout,
    )  # fmt: skip
    np.testing.assert_array_equal(read(path)[0][0, 0, 0], array)


@pytest.mark.parametrize("layout", LAYOUTS, ids=IDS)
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("packing", PICTURES)
def test_colour_pictures(tmp_path, packing, planar, layout):
    if packing == "webp" and planar == "separate":
        pytest.skip("WebP holds colours only")
    array, path = smooth_colours(), tmp_path / "a.tif"
    arguments = {"jpegxl": {"lossless": True}, "webp": {"lossless": True}}
    levels = {"jpeg2000": {"level": 0}, "aperio_jp2000_rgb": {"level": 0}}
    stored = array if planar == "contig" else np.ascontiguousarray(np.moveaxis(array, 2, 0))
    tifffile.imwrite(
        path, stored, photometric="rgb", planarconfig=planar, compression=packing,
        compressionargs=(arguments | levels).get(packing), metadata=None, **layout,
    )  # fmt: skip
    found = assert_regions_equal_whole(path)
    np.testing.assert_array_equal(found[0, 0], np.moveaxis(array, 2, 0))
    assert inspect_stack(path).is_rgb


@pytest.mark.parametrize("layout", [{}, {"tile": (16, 32)}], ids=["strip", "tiles"])
@pytest.mark.parametrize("colours", [False, True])
@pytest.mark.parametrize("subsampling", [(1, 1), (2, 2)])
def test_jpeg_is_what_the_library_unpacks(tmp_path, layout, colours, subsampling):
    array, path = smooth_colours() if colours else smooth("uint8"), tmp_path / "a.tif"
    options = {"subsampling": subsampling, "photometric": "rgb"} if colours else {}
    tifffile.imwrite(path, array, compression="jpeg", metadata=None, **options, **layout)
    found, info = read(path)
    expected = tifffile.imread(path)
    np.testing.assert_array_equal(found[0, 0], np.moveaxis(np.atleast_3d(expected), 2, 0))
    assert np.abs(found[0, 0].astype(int) - np.moveaxis(np.atleast_3d(array), 2, 0)).mean() < 12
    assert (info.is_rgb, info.warnings) == (colours, ())


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("bits", [1, 2, 4, 6, 10, 12, 14, 20])
def test_numbers_of_few_bits(tmp_path, bits, packed, byteorder):
    array = np.random.default_rng(bits).integers(0, 2**bits, SIZE)
    data = packed_bits(array, bits)
    tags = {259: (8,)} if packed else {}
    data = zlib.compress(data) if packed else data
    path = write_tiff(tmp_path / "a.tif", data, SIZE, bits, tags, byteorder)
    found = assert_regions_equal_whole(path)
    np.testing.assert_array_equal(found[0, 0, 0], array)
    assert inspect_stack(path).significant_bits == (bits if bits > 1 else None)


def test_camera_colours_of_twelve_bits(tmp_path):
    array = np.random.default_rng(0).integers(0, 4096, (*SIZE, 3))
    data = packed_bits(array.reshape(SIZE[0], -1), 12)
    path = write_tiff(tmp_path / "a.tif", data, SIZE, 12, {262: (2,), 277: (3,)})
    found, info = read(path)
    np.testing.assert_array_equal(found[0, 0], np.moveaxis(array, 2, 0))
    assert (info.is_rgb, info.significant_bits, info.dtype) == (True, 12, "uint16")


def test_masks_whose_bits_are_stored_the_other_way_round(tmp_path):
    array = numbered(SIZE) > 50
    data = np.packbits(array, axis=1, bitorder="little").tobytes()
    path = write_tiff(tmp_path / "a.tif", data, SIZE, 1, {266: (2,)})
    np.testing.assert_array_equal(read(path)[0][0, 0, 0], array)


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_real_numbers_of_24_bits(tmp_path, byteorder):
    array = (numbered(SIZE, "float32") - 50) / 4
    bits = array.view("uint32").astype("int64")
    exponent = np.where(array == 0, 0, (bits >> 23 & 255) - 127 + 63)
    stored = (bits >> 31) << 23 | exponent << 16 | (bits & 0x7FFFFF) >> 7
    order = slice(0, 3) if byteorder == "<" else slice(2, None, -1)
    data = stored.astype("<u4").view("u1").reshape(-1, 4)[:, order].tobytes()
    path = write_tiff(tmp_path / "a.tif", data, SIZE, 24, {339: (3,)}, byteorder)
    np.testing.assert_array_equal(read(path)[0][0, 0, 0], array)


def test_fax_of_group_4(tmp_path):
    """White up to 20, black up to 30: told by lengths once, then as "like the row above"."""
    array = np.zeros(SIZE, bool)
    array[:, 20:30] = True
    bits = "001" + "0001000" + "0000100" + "1" + "111" * (SIZE[0] - 1) + "000000000001" * 2
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    path = write_tiff(tmp_path / "a.tif", data, SIZE, 1, {259: (4,), 262: (0,)})
    found, info = read(path)
    np.testing.assert_array_equal(found[0, 0, 0], array)
    assert "inverted" in info.warnings[0]


@pytest.mark.parametrize("ramp", [True, False])
def test_palettes_keep_values_and_give_a_colour_where_they_are_ramps(tmp_path, ramp):
    array = numbered(SIZE, "uint8")
    table = np.zeros((3, 256), int)
    table[1] = np.arange(256) * 257 if ramp else np.roll(np.arange(256) * 257, 9)
    path = write_tiff(
        tmp_path / "a.tif", array.tobytes(), SIZE, 8, {262: (3,), 320: tuple(table.ravel())}
    )
    found, info = read(path)
    np.testing.assert_array_equal(found[0, 0, 0], array)
    assert info.channels[0].colour == ("#00ff00" if ramp else "")
    assert any("palette" in warning for warning in info.warnings) is not ramp


@pytest.mark.parametrize(("photometric", "samples", "word"), [(5, 4, "CMYK"), (6, 3, "YCbCr")])
def test_other_colours_are_channels_and_told(tmp_path, photometric, samples, word):
    array = numbered((*SIZE, samples), "uint8")
    tags = {262: (photometric,), 277: (samples,), 530: (1, 1)}
    path = write_tiff(tmp_path / "a.tif", array.tobytes(), SIZE, 8, tags)
    found, info = read(path)
    np.testing.assert_array_equal(found[0, 0], np.moveaxis(array, 2, 0))
    assert not info.is_rgb
    assert word in info.warnings[0]


@pytest.mark.parametrize(
    ("compression", "word"),
    [
        (34661, "JBIG"), (34677, "SGILOG24"), (32809, "THUNDERSCAN"), (48124, "JETRAW"),
        (65000, "EER"), (99, "JPEG_99"), (12345, "compression 12345"),
    ],
)  # fmt: skip
def test_packings_that_cannot_be_undone_are_refused_when_opened(tmp_path, compression, word):
    path = write_tiff(tmp_path / "a.tif", bytes(99), SIZE, 8, {259: (compression,)})
    with pytest.raises(FileUnreadable, match=rf"cannot be read \({word}") as caught:
        open_stack(path)
    assert "LZW" in caught.value.remedy


def test_colours_of_coarser_grid_without_jpeg_are_refused(tmp_path):
    tags = {262: (6,), 277: (3,), 530: (2, 2)}
    path = write_tiff(tmp_path / "a.tif", bytes(9999), SIZE, 8, tags)
    with pytest.raises(FileUnreadable, match=r"cannot be read .*subsampling"):
        open_stack(path)


@pytest.mark.parametrize("compression", [5, 7, 8, 32773, 34712, 34887, 34926, 50001, 50002])
def test_packings_that_are_damaged_end_in_a_sentence(tmp_path, compression):
    path = write_tiff(tmp_path / "a.tif", b"\x55" * 60, SIZE, 8, {259: (compression,)})
    with pytest.raises(FileUnreadable, match=r"a\.tif is damaged"):
        read(path)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_both_byte_orders_of_both_sizes(tmp_path, byteorder, bigtiff):
    array, path = numbered((2, 3, 2, 16, 17), "int16") - 40, tmp_path / "a.ome.tif"
    tifffile.imwrite(
        path, array, byteorder=byteorder, bigtiff=bigtiff, metadata={"axes": "TZCYX"}, ome=True
    )
    np.testing.assert_array_equal(assert_regions_equal_whole(path), array)


@pytest.mark.parametrize("packing", ["jpeg", "aperio_jp2000_rgb", "lzw"])
def test_a_slide_of_aperio(tmp_path, packing):
    levels = [numbered((n, 2 * n, 3), "uint8") for n in (256, 64, 16)]
    path = tmp_path / "a.svs"
    text = "Aperio Image Library v11.2.1\n256x512 [0,0 256x512] (64x64) Q=70|AppMag = 20|MPP = 0.5"
    options = {"photometric": "rgb", "metadata": None, "compression": packing}
    with tifffile.TiffWriter(path) as writer:
        writer.write(levels[0], tile=(64, 64), description=text, **options)
        writer.write(levels[1][::2, ::2], description=text, photometric="rgb", metadata=None)
        for level in levels[1:]:
            writer.write(level, tile=(16, 16), description=text, **options)
        for name in ("label", "macro"):
            about = f"Aperio Image Library v11.2.1\n{name} 32x32"
            kind = {"label": 1, "macro": 9}[name]
            plane = numbered((32, 32, 3), "uint8")
            writer.write(plane, description=about, subfiletype=kind, photometric="rgb")
    info = inspect_stack(path)
    assert len(info.scene_names) == 1
    assert info.level_shapes == ((1, 1, 3, 64, 128), (1, 1, 3, 16, 32))
    with tifffile.TiffFile(path) as tif:
        expected = [level.asarray() for level in tif.series[0].levels]
    for number, whole in enumerate(expected):
        with closing(open_stack(path, level=number)) as stack:
            found = stack.read(Region.whole(stack.info.shape))
        np.testing.assert_array_equal(found[0, 0], np.moveaxis(whole, 2, 0))
