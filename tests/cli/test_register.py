"""``gvtstudio register`` from files to files, and what it refuses."""

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
import tifffile

from gvtstudio.__main__ import main
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.io.world_space import world_of
from tests.imaging.test_registration import imaged, known, scene

FINE_UM = 0.05


def write(path: Path, array: np.ndarray, pixel_um: float = 0.0, axes: str = "YX") -> Path:
    known_size = {"PhysicalSizeX": pixel_um, "PhysicalSizeY": pixel_um} if pixel_um else {}
    tifffile.imwrite(path, array, ome=True, metadata={"axes": axes, **known_size})
    return path


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    high = scene(1)
    low = imaged(high, known(high, 2.0, 4.0, 3.0, -5.0), 2.0)
    return (
        write(tmp_path / "low.ome.tif", low, 2 * FINE_UM),
        write(tmp_path / "high.ome.tif", high, FINE_UM),
    )


def test_it_says_how_they_lie_and_writes_nothing_unasked(pair, tmp_path, capsys):
    before = sorted(tmp_path.iterdir())
    assert main(["register", *map(str, pair)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("low.ome.tif: registered by ")
    assert "magnification 2, turned by 4" in out
    assert sorted(tmp_path.iterdir()) == before


def test_the_file_shows_the_first_in_the_frame_of_the_second(pair, tmp_path, capsys):
    target = tmp_path / "registered.ome.tif"
    assert main(["register", *map(str, pair), "--out", str(target), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    numbers = answer["numbers"]
    assert numbers["rotation_degrees"] == pytest.approx(4, abs=0.1)
    assert numbers["shift_y_pixels"] == pytest.approx(3, abs=0.1)
    assert numbers["shift_x_pixels"] == pytest.approx(-5, abs=0.1)
    assert numbers["residual_pixels"] < 0.5
    assert numbers["inliers"] > 50
    info, frame = inspect_stack(target), inspect_stack(pair[1])
    assert info.shape == frame.shape
    assert info.dtype == "uint8"
    assert info.calibration.x_um == FINE_UM
    image, high = tifffile.imread(target), tifffile.imread(pair[1])
    seen = image > 0
    assert 0.8 < seen.mean() < 0.99  # what the first does not show is black
    assert np.corrcoef(image[seen], high[seen].astype(float))[0, 1] > 0.85
    provenance = read_provenance(target)
    assert provenance is not None
    assert provenance.task == "register"
    assert provenance.numbers["magnification"] == pytest.approx(2, rel=0.01)


def test_pixels_of_an_unknown_frame_are_as_much_finer_as_was_found(pair, tmp_path):
    low, _ = pair
    high = write(tmp_path / "other.ome.tif", scene(1))
    target = tmp_path / "registered.ome.tif"
    assert main(["register", str(low), str(high), "--out", str(target)]) == 0
    assert inspect_stack(target).calibration.x_um == pytest.approx(FINE_UM, rel=0.01)


def test_all_planes_are_moved_alike(tmp_path):
    fields = [scene(seed) for seed in (1, 2)]
    lows = [imaged(high, known(high, 2.0, 4.0, 3.0, -5.0), 2.0) for high in fields]
    low = write(tmp_path / "low.ome.tif", np.stack(lows), axes="ZYX")
    high = write(tmp_path / "high.ome.tif", np.stack(fields), axes="ZYX")
    target = tmp_path / "registered.ome.tif"
    assert main(["register", str(low), str(high), "--out", str(target)]) == 0
    for image, truth in zip(tifffile.imread(target), fields, strict=True):
        seen = image > 0
        assert np.corrcoef(image[seen], truth[seen].astype(float))[0, 1] > 0.85


def test_any_dataset_of_the_files_can_be_registered(tmp_path, capsys):
    high = scene(1)
    low = imaged(high, known(high, 2.0, 4.0, 3.0, -5.0), 2.0)
    path = tmp_path / "both.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as file:
        for image in (scene(7), low, high):
            file.write(image, metadata={"axes": "YX"})
    words = ["register", str(path), str(path), "--low-scene", "1", "--high-scene", "2"]
    assert main(words) == 0
    assert "magnification 2, turned by 4" in capsys.readouterr().out


@pytest.mark.parametrize("frame_is_placed", [True, False])
def test_the_result_lies_in_the_world_where_its_frame_does(tmp_path, frame_is_placed):
    high = scene(1)
    low = imaged(high, known(high, 2.0, 4.0, 3.0, -5.0), 2.0)
    paths = [tmp_path / name for name in ("low.nii", "high.nii" if frame_is_placed else "high.tif")]
    worlds = {}
    for path, image, pixel_mm, corner in zip(
        paths, (low, high), (2e-3, 1e-3), (50.0, -7.0), strict=True
    ):
        affine = np.diag([-pixel_mm, -pixel_mm, 1.0, 1.0])
        affine[:3, 3] = corner, 2 * corner, 3.0
        worlds[path] = affine
        if path.suffix == ".nii":
            nifti = nibabel.Nifti1Image(np.ascontiguousarray(image.T[..., None]), affine)
            nifti.header.set_xyzt_units("mm")
            nifti.to_filename(path)
        else:
            tifffile.imwrite(path, image)
    target = tmp_path / "registered.nii.gz"
    options = ["--out", str(target), "--format", "nifti"]
    assert main(["register", *map(str, paths), *options]) == 0
    written = nibabel.load(target)
    if frame_is_placed:
        np.testing.assert_allclose(written.affine, worlds[paths[1]], atol=1e-5)
        frame, result = inspect_stack(paths[1]), inspect_stack(target)
        np.testing.assert_allclose(
            world_of(result.metadata_text).affine, world_of(frame.metadata_text).affine, atol=1e-5
        )
    else:  # nobody knows where it lies: it begins at nought, as any stack without a place
        np.testing.assert_allclose(written.affine[:3, 3], 0, atol=1e-6)


@pytest.mark.parametrize(
    ("case", "code", "words"),
    [
        ("swapped", 3, "Swap the two"),
        ("other field", 3, "cannot be registered"),
        ("wrong magnification", 3, "magnified 2 times, but 4 times was expected"),
        ("missing", 3, "gone.tif"),
        ("onto itself", 4, "is one of the two stacks"),
        ("existing", 4, "exists"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(pair, tmp_path, capsys, case, code, words):
    low, high = map(str, pair)
    elsewhere = str(write(tmp_path / "elsewhere.ome.tif", scene(7), FINE_UM))
    commands = {
        "swapped": [high, low],
        "other field": [low, elsewhere],
        "wrong magnification": [low, high, "--magnification", "4"],
        "missing": [low, str(tmp_path / "gone.tif")],
        "onto itself": [low, high, "--out", high],
        "existing": [low, high, "--out", elsewhere],
    }
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert main(["register", *commands[case]]) == code
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""
    assert "Traceback" not in captured.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
