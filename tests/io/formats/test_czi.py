"""Reading CZI: against a reading of its segments with struct alone, and files written here."""

import struct
import threading
from contextlib import closing
from xml.etree import ElementTree

import imagecodecs
import numpy as np
import pytest
from pylibCZIrw.czi import create_czi

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.formats.czi_directory import Piece
from gvtstudio.io.formats.czi_layout import arrange, scene_names
from gvtstudio.io.formats.czi_metadata import parse_czi_metadata
from gvtstudio.io.formats.czi_time_stamps import read_interval_s
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.czi_for_tests import read, write
from tests.io.stacks_for_tests import numbered

TYPES = {0: ("u1", 1), 1: ("u2", 1), 2: ("f4", 1), 3: ("u1", 3), 4: ("u2", 3), 8: ("f4", 3)}
AXES = "SVRIHB"


def unpacked(packing, data, count, dtype):
    """Pixels as ZEN stored them: plain, Zstandard, or Zstandard over low bytes, then high bytes."""
    if packing == 0:
        return np.frombuffer(data, dtype, count)
    if packing == 5:
        return np.frombuffer(imagecodecs.zstd_decode(data), dtype, count)
    assert packing == 6
    found = np.frombuffer(imagecodecs.zstd_decode(data[data[0] :]), np.uint8)
    if data[0] == 3 and data[2] & 1:
        found = found.reshape(2, -1).T.ravel()
    return found.copy().view(dtype)[:count]


def pieces(path):
    """Every image in the file: where it belongs, and its pixels, walking along the segments."""
    content = path.read_bytes()
    position = 0
    while position < len(content):
        magic, allocated = struct.unpack_from("<16sq", content, position)
        if magic.startswith(b"ZISRAWSUBBLOCK"):
            start = position + 32
            metadata_size, _, data_size = struct.unpack_from("<iiq", content, start)
            kind, _, _, packing = struct.unpack_from("<iqii", content, start + 18)
            (count,) = struct.unpack_from("<i", content, start + 44)
            places = {}
            for i in range(count):
                name, first, size = struct.unpack_from("<4sii", content, start + 48 + 20 * i)
                places[name.rstrip(b"\0").decode()] = (first, size)
            dtype, samples = TYPES[kind]
            height, width = places["Y"][1], places["X"][1]
            data = start + max(256, 48 + 20 * count) + metadata_size
            image = unpacked(
                packing, content[data : data + data_size], height * width * samples, dtype
            )
            yield places, image.reshape(height, width, samples)[:, :, ::-1]
        position += 32 + allocated


def composed(path):
    """Every dataset as (T, Z, C, Y, X), tiles with a higher number above the others."""
    groups = {}
    for places, image in pieces(path):
        key = tuple(places.get(axis, (-1,))[0] for axis in AXES)
        groups.setdefault(key, []).append((places, image))
    for key in sorted(groups):
        group = sorted(groups[key], key=lambda piece: piece[0].get("M", (0,))[0])
        at = {
            axis: np.array([places.get(axis, (0,))[0] for places, _ in group]) for axis in "TZCYX"
        }
        first = {axis: where.min() for axis, where in at.items()}
        ends = [
            max(at[axis][i] + image.shape[k] for i, (_, image) in enumerate(group))
            for k, axis in enumerate("YX")
        ]
        size = {axis: at[axis].max() - first[axis] + 1 for axis in "TZC"}
        samples = group[0][1].shape[2]
        whole = np.zeros(
            (size["T"], size["Z"], size["C"] * samples, ends[0] - first["Y"], ends[1] - first["X"]),
            group[0][1].dtype,
        )
        for i, (_, image) in enumerate(group):
            t, z, c, y, x = (at[axis][i] - first[axis] for axis in "TZCYX")
            height, width = image.shape[:2]
            place = slice(c * samples, (c + 1) * samples), slice(y, y + height), slice(x, x + width)
            whole[(t, z, *place)] = np.moveaxis(image, 2, 0)
        yield whole


@pytest.mark.parametrize(
    ("pattern", "scenes", "shape", "dtype"),
    [
        ("czi_airyscan_raw", 32, (1, 1, 8, 36, 38), "uint16"),
        ("czi_celldiv_zstd", 1, (3, 5, 2, 170, 240), "uint16"),
        ("czi_lls7", 1, (2, 3, 2, 64, 64), "uint16"),
        ("czi_mosaic", 3, (2, 3, 2, 122, 295), "uint16"),
        ("czi_multiimage", 2, (1, 2, 1, 251, 251), "uint16"),
        ("czi_nuclei", 1, (1, 1, 1, 512, 512), "uint8"),
        ("czi_rgb", 1, (1, 1, 3, 513, 639), "uint8"),
    ],
)
def test_real_files_equal_another_reading(shared_data, pattern, scenes, shape, dtype):
    (path,) = (shared_data / pattern).glob("*.czi")
    info = inspect_stack(path)
    assert (info.shape, info.dtype, info.reader) == (shape, dtype, "czi")
    assert info.is_rgb == (pattern == "czi_rgb")
    assert len(set(info.scene_names)) == scenes
    expected = list(composed(path))
    assert len(expected) == scenes
    for scene, whole in enumerate(expected):
        np.testing.assert_array_equal(read(path, scene), whole)


def test_real_metadata(shared_data):
    mosaic = inspect_stack(next((shared_data / "czi_mosaic").glob("*.czi")))
    size = mosaic.calibration
    assert (size.z_um, size.y_um, size.x_um, size.time_interval_s) == (1, 1.6, 1.6, 33.412)
    assert mosaic.scene_names == ("TR1", "P1", "TR2")
    first, second = mosaic.channels
    assert (first.name, first.colour) == ("DAPI", "#00a1ff")
    assert (first.emission_wavelength_nm, first.excitation_wavelength_nm) == (465, 353)
    assert (second.name, mosaic.significant_bits) == ("EGFP", 14)
    assert any("mosaic of 10 tiles" in warning for warning in mosaic.warnings)
    assert ElementTree.fromstring(mosaic.metadata_text).tag == "ImageDocument"
    sheet = inspect_stack(next((shared_data / "czi_lls7").glob("*.czi")))
    assert sheet.calibration.time_interval_s == pytest.approx(90.038)
    assert [channel.colour for channel in sheet.channels] == ["#ff00ff", "#00ff00"]
    raw = inspect_stack(next((shared_data / "czi_airyscan_raw").glob("*.czi")), 31)
    assert raw.scene_names[31] == "detector element 32"
    assert raw.shape[2] == 4
    assert any("32 detector elements" in warning for warning in raw.warnings)
    assert raw.channels[0].name == "ChA-T1"


def test_times_are_read_where_they_stand_in_a_table(shared_data, tmp_path):
    (path,) = (shared_data / "czi_mosaic").glob("*.czi")
    with path.open("rb") as file:
        # to the microsecond, where the XML says 33.412
        assert read_interval_s(file, 2) == pytest.approx(33.955_989_6 - 0.543_987_5)
        assert read_interval_s(file, 3) is None
    pointed = tmp_path / "a.czi"
    content = path.read_bytes()
    assert content.count(b"<Increment>33.412</Increment>") == 1
    pointed.write_bytes(content.replace(b"<Increment>33", b"<Incremant>33"))
    whole = inspect_stack(pointed)
    assert "Incremant" not in whole.metadata_text  # the XML is damaged: no voxel size
    assert whole.calibration.time_interval_s == pytest.approx(33.412_002_1)


def test_scenes_of_different_sizes(shared_data):
    path = next((shared_data / "czi_mosaic").glob("*.czi"))
    shapes = [inspect_stack(path, scene).shape for scene in range(3)]
    assert shapes == [(2, 3, 2, 122, 295), (2, 3, 2, 64, 64), (2, 3, 2, 237, 352)]
    with pytest.raises(UsageError, match="no dataset 3"):
        open_stack(path, 3)


@pytest.fixture
def written(tmp_path):
    """A file of two scenes, with the tiles it is made of."""
    return tmp_path / "made.czi", write(tmp_path / "made.czi")


def test_what_was_written_is_read(written):
    path, tile = written
    info = inspect_stack(path)
    assert info.shape == (2, 3, 2, 25, 55)
    assert info.scene_names == ("Scene 1", "Scene 2")
    assert [channel.name for channel in info.channels] == ["GFP", "µ-tubulin"]
    size = info.calibration
    assert (size.z_um, size.y_um, size.x_um, size.source) == (0.3, 0.104, 0.104, "file")
    expected = np.zeros(info.shape, "uint16")
    expected[..., :20, :30] = tile[:, :, :, 0]
    expected[..., 5:, 25:] = tile[:, :, :, 1]
    np.testing.assert_array_equal(read(path), expected)
    np.testing.assert_array_equal(read(path, 1), tile[:, :, :, 0, :9, :11])


def test_a_region_equals_the_same_part_of_the_whole(written):
    path, _ = written
    whole = read(path)
    random = np.random.default_rng(1)
    with closing(open_stack(path)) as stack:
        for _ in range(40):
            starts = [int(random.integers(0, size)) for size in whole.shape]
            stops = [
                int(random.integers(a + 1, n + 1)) for a, n in zip(starts, whole.shape, strict=True)
            ]
            region = Region(*zip(starts, stops, strict=True))
            np.testing.assert_array_equal(stack.read(region), whole[region.slices])


@pytest.mark.parametrize(
    ("dtype", "samples"),
    [("uint8", 1), ("uint16", 1), ("float32", 1), ("uint8", 3), ("uint16", 3)],
)
def test_every_type_is_read_as_it_is(tmp_path, dtype, samples):
    image = numbered((17, 19, samples), dtype)
    with create_czi(str(tmp_path / "a.czi")) as file:
        file.write(image)
        file.write_metadata()
    info = inspect_stack(tmp_path / "a.czi")
    assert (info.dtype, info.is_rgb) == (dtype, samples == 3)
    # the writer takes colours as ZEN stores them, blue first
    np.testing.assert_array_equal(
        read(tmp_path / "a.czi")[0, 0], np.moveaxis(image[:, :, ::-1], 2, 0)
    )
    if samples == 3:
        assert [channel.colour for channel in info.channels] == ["#ff0000", "#00ff00", "#0000ff"]
    assert info.calibration.source == "unknown"


def test_channels_of_different_types_and_planes_that_are_missing(tmp_path):
    small, large = numbered((8, 9), "uint8"), numbered((8, 9), "uint16") * 300
    with create_czi(str(tmp_path / "a.czi")) as file:
        file.write(small[:, :, None], plane={"T": 0, "C": 0})
        file.write(large[:, :, None], plane={"T": 0, "C": 1})
        file.write(large[:, :, None], plane={"T": 2, "C": 1})
        file.write_metadata()
    info, voxels = inspect_stack(tmp_path / "a.czi"), read(tmp_path / "a.czi")
    assert (info.shape, info.dtype) == ((3, 1, 2, 8, 9), "uint16")
    np.testing.assert_array_equal(voxels[0, 0], [small, large])
    np.testing.assert_array_equal(voxels[2, 0, 1], large)
    assert not voxels[1].any()
    assert any("3 of 6 planes are missing" in warning for warning in info.warnings)
    assert any("different numbers of bits" in warning for warning in info.warnings)


def test_views_and_phases_are_datasets():
    places = [{"V": v, "H": h, "T": t} for t in range(2) for h in range(3) for v in range(2)]
    pieces_ = [Piece(1000, place, (5, 6, 9, 8), "Gray16", "") for place in places]
    scenes = arrange(pieces_, 100_000)
    assert [scene.place for scene in scenes[:2]] == [{"V": 0, "H": 0}, {"V": 0, "H": 1}]
    assert [scene.shape for scene in scenes] == [(2, 1, 1, 8, 9)] * 6
    names = scene_names(scenes, {"V": "view", "H": "phase"}, {})
    assert names[:4] == ("view 1, phase 1", "view 1, phase 2", "view 1, phase 3", "view 2, phase 1")


def test_a_closed_stack_frees_the_file(written):
    path, _ = written
    stack = open_stack(path)
    shape = stack.info.shape
    with pytest.raises(ValueError, match="not inside"):
        stack.read(Region.whole((9, *shape[1:])))
    stack.close()
    stack.close()
    path.unlink()
    with pytest.raises(ValueError, match="closed"):
        stack.read(Region.whole(shape))


def test_two_threads_read_one_stack(written):
    path, _ = written
    whole = read(path)
    wrong = []
    with closing(open_stack(path)) as stack:

        def check(t):
            for z in list(range(3)) * 5:
                voxels = stack.read(Region.whole(stack.info.shape).only(t=t, z=z))
                if not np.array_equal(voxels, whole[t : t + 1, z : z + 1]):
                    wrong.append((t, z))

        threads = [threading.Thread(target=check, args=(t,)) for t in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def _xml(dimensions, display=""):
    return (
        "<ImageDocument><Metadata><Information><Image><ComponentBitCount>12</ComponentBitCount>"
        f"<Dimensions>{dimensions}</Dimensions></Image></Information>"
        f"<DisplaySetting><Channels>{display}</Channels></DisplaySetting></Metadata></ImageDocument>"
    )


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        ("<Interval><Start>0</Start><Increment>2.5</Increment></Interval>", 2.5),
        ("<List><Offsets>0 1 2 3.3</Offsets></List>", 1.1),
        ("<List><Offsets>0</Offsets></List>", None),
        ("<List><Offsets>now then</Offsets></List>", None),
        ("<BinaryList><AttachmentName>TimeStamps</AttachmentName></BinaryList>", None),
    ],
)
def test_time_between_time_points(positions, expected):
    found = parse_czi_metadata(_xml(f"<T><Positions>{positions}</Positions></T>"))
    assert found.calibration.time_interval_s == (expected and pytest.approx(expected))
    assert found.significant_bits == 12


@pytest.mark.parametrize(
    ("colour", "expected"),
    [("#FF00A1FF", "#00a1ff"), ("#ff8000", "#ff8000"), ("red", ""), ("", "")],
)
def test_colours_are_those_ones_of_the_display(colour, expected):
    stored = '<Channels><Channel Id="a" Name="Cy5"><Color>#FF123456</Color></Channel></Channels>'
    shown = f'<Channel Id="a"><Color>{colour}</Color></Channel>'
    (channel,) = parse_czi_metadata(_xml(stored, shown)).channels
    assert (channel.name, channel.colour) == ("Cy5", expected or "#123456")


def test_slanting_planes_are_told():
    assert parse_czi_metadata(_xml("<Z><ZAxisShear>None</ZAxisShear></Z>")).warnings == ()
    (warning,) = parse_czi_metadata(_xml("<Z><ZAxisShear>Skew60</ZAxisShear></Z>")).warnings
    assert "deskew" in warning
