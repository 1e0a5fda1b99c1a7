"""Whatever file is given: a stack, or one sentence with a remedy."""

import os
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.errors import FileUnreadable, StackUnsuitable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.domain.specs import load_callable
from gvtstudio.io.formats import READERS
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.engine.stacks_for_tests import write_stack
from tests.io.stacks_for_tests import numbered


def read_all(path):
    with closing(open_stack(path)) as stack:
        return stack.read(Region.whole(stack.info.shape)), stack.info


def refused(path) -> FileUnreadable:
    with pytest.raises(FileUnreadable) as caught:
        read_all(path)
    error = caught.value
    assert path.name in error.message
    assert error.remedy.endswith(".")
    assert "Traceback" not in error.sentence()
    return error


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    path = tmp_path / "pipe.tif"
    os.mkfifo(path)
    assert "no file with data" in refused(path).message


def test_every_reader_can_be_loaded():
    for reader in READERS.values():
        assert callable(load_callable(reader.recognises))
        assert callable(load_callable(reader.open))
        assert all(e.startswith(".") and e == e.lower() for e in reader.extensions)


@pytest.mark.parametrize(
    "name", ["cell.png", "no extension", "with space Ünï 细胞.tif", "wrong.czi", "a" * 240 + ".tif"]
)
def test_a_tiff_is_known_by_its_bytes_whatever_its_name(tmp_path, name):
    path = tmp_path / "Ördner 中文" / name
    path.parent.mkdir()
    with path.open("wb") as file:
        tifffile.imwrite(file, numbered((6, 7)))
    assert inspect_stack(path).shape == (1, 1, 1, 6, 7)


def test_a_relative_path_becomes_absolute(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "here.tif", numbered((6, 7)))
    monkeypatch.chdir(tmp_path)
    assert inspect_stack(Path("here.tif")).path == str(tmp_path / "here.tif")


@pytest.mark.parametrize("content", [b"hello, this is text", b"\x89PNG\r\n\x1a\n" + b"\0" * 100])
def test_no_image(tmp_path, content):
    path = tmp_path / "notes.tif"
    path.write_bytes(content)
    assert "not an image" in refused(path).message


def test_empty_file(tmp_path):
    path = tmp_path / "empty.tif"
    path.touch()
    assert "empty" in refused(path).message


def test_missing_file(tmp_path):
    assert "not found" in refused(tmp_path / "gone.tif").message


def test_folder_instead_of_file(tmp_path):
    path = tmp_path / "folder.tif"
    path.mkdir()
    assert "folder" in refused(path).message


@pytest.mark.skipif(
    os.name == "nt" or getattr(os, "geteuid", lambda: 0)() == 0, reason="root reads all"
)
def test_no_permission(tmp_path):
    path = tmp_path / "secret.tif"
    tifffile.imwrite(path, numbered((6, 7)))
    path.chmod(0)
    assert "may not be read" in refused(path).message


LAYOUTS = {
    "one page": {"metadata": None},
    "imagej": {"imagej": True, "metadata": {"axes": "ZYX"}},
    "ome": {"ome": True, "metadata": {"axes": "ZYX"}},
    "ome packed": {"ome": True, "compression": "zstd", "metadata": {"axes": "ZYX"}},
    "packed": {"compression": "lzw", "metadata": {"axes": "ZYX"}},
    "tiles": {"tile": (16, 16), "compression": "adobe_deflate", "metadata": {"axes": "ZYX"}},
    "bigtiff": {"bigtiff": True, "metadata": {"axes": "ZYX"}},
    "no names": {"contiguous": False, "metadata": None},
}


@pytest.mark.parametrize("kept", [0.05, 0.4, 0.8, 0.97])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_truncated_file(tmp_path, layout, kept):
    path = tmp_path / "cut.tif"
    array = numbered((8, 48, 50))
    options = {"photometric": "minisblack", **LAYOUTS[layout]}
    if layout == "no names":
        with tifffile.TiffWriter(path) as writer:
            for plane in array:
                writer.write(plane, **options)
    else:
        tifffile.imwrite(path, array[0] if layout == "one page" else array, **options)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    refused(path)


def test_damaged_pixels_are_found_when_read(tmp_path):
    path = tmp_path / "damaged.tif"
    tifffile.imwrite(path, numbered((3, 64, 64)), compression="zstd", photometric="minisblack")
    with tifffile.TiffFile(path) as tif:
        start = tif.pages[1].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[start : start + 40] = b"\xff" * 40
    path.write_bytes(content)
    assert "damaged" in refused(path).message


@pytest.mark.parametrize("seed", range(30))
def test_random_damage_never_shows_a_traceback(tmp_path, seed):
    random = np.random.default_rng(seed)
    path = tmp_path / "random.tif"
    layouts = [LAYOUTS[name] for name in ("imagej", "ome packed", "tiles", "bigtiff")]
    options = {"photometric": "minisblack", **layouts[seed % 4]}
    tifffile.imwrite(path, numbered((4, 48, 50)), **options)
    content = bytearray(path.read_bytes())
    for place in random.integers(4, len(content) // 3, 12):
        content[place] = random.integers(0, 256)
    path.write_bytes(content)
    # Damage may leave the file readable; it may not end in anything but a stack or a sentence.
    with suppress(FileUnreadable):
        voxels, info = read_all(path)
        assert voxels.shape == info.shape


def test_the_librarys_warnings_stay_off_the_console(tmp_path):
    path = tmp_path / "cut.tif"
    tifffile.imwrite(path, numbered((8, 48, 50)), imagej=True, metadata={"axes": "ZYX"})
    path.write_bytes(path.read_bytes()[:9000])
    code = f"""
from pathlib import Path
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.io.stacks import open_stack
try:
    open_stack(Path({str(path)!r}))
except FileUnreadable:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == (b"refused", b"")


def test_reading_a_stack_does_not_import_torch_or_qt():
    code = (
        "import sys, gvtstudio.io.stacks, gvtstudio.io.export, gvtstudio.io.formats.tiff\n"
        "sys.exit(', '.join({'torch', 'PySide6', 'pydantic'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_typed_voxel_size_takes_the_place_of_that_of_the_file(tmp_path):
    image = numbered((3, 8, 8))
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="minisblack")
    with closing(open_stack(tmp_path / "a.tif", voxel_size="0.5,0.1,0.2")) as stack:
        found = stack.info.calibration
        assert (found.z_um, found.y_um, found.x_um, found.source) == (0.5, 0.1, 0.2, "typed")
        assert (stack.read(Region.whole(stack.info.shape))[0, :, 0] == image).all()


@pytest.mark.parametrize("text", ["0.1", "0.1,0.1,x", "0.1,-1,0.1", "1,0,1", "nan,1,1", "1,1,1,1"])
def test_what_is_no_voxel_size_is_refused(tmp_path, text):
    tifffile.imwrite(tmp_path / "a.tif", numbered((3, 8, 8)), photometric="minisblack")
    with pytest.raises(UsageError, match="no voxel size"):
        open_stack(tmp_path / "a.tif", voxel_size=text)


def test_pages_that_go_round_in_a_ring_end(tmp_path):
    path = tmp_path / "ring.tif"
    for image in numbered((3, 8, 8)):
        tifffile.imwrite(path, image, append=path.exists(), photometric="minisblack")
    with tifffile.TiffFile(path) as tif:
        first, last = tif.pages[0].offset, tif.pages[-1].offset
    content = bytearray(path.read_bytes())
    tag_count = int.from_bytes(content[last : last + 2], "little")
    next_page = last + 2 + 12 * tag_count
    content[next_page : next_page + 4] = first.to_bytes(4, "little")
    path.write_bytes(content)
    assert "damaged" in refused(path).message


@pytest.mark.parametrize(
    ("axes", "shape", "order"),
    [
        ("T", (12, 1, 1), [(t, 0, 0) for t in range(12)]),
        ("zc2", (1, 6, 2), [(0, z, c) for z in range(6) for c in range(2)]),
        ("T2CZYX", None, None),
        ("T2C3Z", (2, 2, 3), [(t, z, c) for t in range(2) for c in range(3) for z in range(2)]),
        ("C,T4,Z3", (4, 3, 1), [(t, z, 0) for t in range(4) for z in range(3)]),
    ],
)
def test_planes_are_what_the_user_says(tmp_path, axes, shape, order):
    image = numbered((12, 8, 10))
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="minisblack", metadata=None)
    if shape is None:
        with pytest.raises(StackUnsuitable, match="12 planes"):
            open_stack(tmp_path / "a.tif", axes=axes)
        return
    with closing(open_stack(tmp_path / "a.tif", axes=axes)) as stack:
        assert stack.info.shape == (*shape, 8, 10)
        assert (stack.info.axes, stack.info.axes_assumed, stack.info.warnings) == (axes, "", ())
        assert len(stack.info.channels) == shape[2]
        part = Region.whole(stack.info.shape).within(y=(2, 7), x=(1, 9))
        voxels = stack.read(part)
        for number, place in enumerate(order):
            assert (voxels[place] == image[number, 2:7, 1:9]).all()


def test_an_assumption_about_axes_is_told_apart(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", numbered((4, 8, 8)), photometric="minisblack",
                     metadata=None)  # fmt: skip
    info = inspect_stack(tmp_path / "a.tif")
    assert "4 slices" in info.axes_assumed
    assert info.warnings == (info.axes_assumed,)
    write_stack(tmp_path / "b.ome.tif", numbered((4, 8, 8)))
    assert inspect_stack(tmp_path / "b.ome.tif").axes_assumed == ""


def test_named_axes_change_places_with_their_sizes(tmp_path):
    write_stack(tmp_path / "a.ome.tif", numbered((5, 3, 8, 8)), "ZCYX")
    as_times = inspect_stack(tmp_path / "a.ome.tif", axes="TC")
    assert as_times.shape == (5, 1, 3, 8, 8)
    assert [channel.name for channel in as_times.channels] == ["Stain 0", "Stain 1", "Stain 2"]
    swapped = inspect_stack(tmp_path / "a.ome.tif", axes="CZ")
    assert swapped.shape == (1, 3, 5, 8, 8)
    assert swapped.channels[0].name == "Channel 1"


@pytest.mark.parametrize("axes", ["Q", "ZZ", "Z2T", "YX", "T2Z2", "Z-1", "TZC", "12"])
def test_what_are_no_axes_is_refused_and_the_file_closed(tmp_path, axes):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, numbered((7, 8, 8)), photometric="minisblack", metadata=None)
    with pytest.raises((UsageError, StackUnsuitable)) as refusal:
        open_stack(path, axes=axes)
    assert "ZC2" in refusal.value.remedy


@pytest.mark.parametrize("told", [{}, {"voxel_size": "3,2,1"}, {"axes": "T"}])
def test_a_path_too_long_for_the_system_is_opened_in_the_form_it_takes(tmp_path, monkeypatch, told):
    there = write_stack(tmp_path / "there.tif", numbered((3, 9, 11)))
    # as on Windows: only the long form leads to the file
    seen = tmp_path / "too long" / "cell.tif"
    monkeypatch.setattr("gvtstudio.io.stacks.long_path", {seen: there}.__getitem__)
    with closing(open_stack(seen, **told)) as stack:
        assert (stack.info.path, stack.info.name) == (str(seen), "cell.tif")
        whole = stack.read(Region.whole(stack.info.shape))
    assert (whole.ravel() == tifffile.imread(there).ravel()).all()
    assert inspect_stack(seen, **told).path == str(seen)
