"""A request becomes a picture in the format of its name, with a caption of what it shows."""

import subprocess
import sys

import msgspec
import numpy as np
import pytest
import tifffile
from PIL import Image

from gvtstudio.domain.figure import FigureColumn, FigureRequest
from gvtstudio.domain.messages import Failed, Finished, Progress, Stopped
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import ArrayStack
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.dispatch import run_request
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.contrast import Limits, summarise
from gvtstudio.io.export import export_stack
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.stacks import open_stack
from gvtstudio.services.engine_command import engine_environment
from tests.services.stacks import write_stack


@pytest.fixture
def stack(tmp_path):
    return write_stack(tmp_path / "Zelle µ.tif")


@pytest.fixture
def draw(tmp_path):
    """Draws, and gives the last message."""
    said = []

    def run(request: FigureRequest, cancel: CancelFlag | None = None):
        folder = tmp_path / "job"
        folder.mkdir(exist_ok=True)
        reporter = Reporter(said.append, cancel or CancelFlag())
        return run_request(request, JobFolder(folder), reporter)

    run.said = said
    return run


def figure(*paths, out="", **options) -> FigureRequest:
    columns = tuple(FigureColumn(path=str(path)) for path in paths)
    return FigureRequest(columns=columns, out=str(out), **options)


def picture_of(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def write_result(path, voxels, info, made_by) -> None:
    stack = ArrayStack(voxels, info)
    export_stack(stack, path, "ome-tiff", made_by, overwrite=False, report=lambda done, total: None)


def caption_of(path) -> list[str]:
    with Image.open(path) as image:
        return image.text["Description"].splitlines()


def limits_of(voxels: np.ndarray) -> Limits:
    return summarise(voxels).auto


def test_png_and_tiff_hold_the_same_pixels(draw, stack, tmp_path):
    pictures = []
    for ending in ("png", "tif", "TIFF"):
        out = tmp_path / f"figure.{ending}"
        result = draw(figure(stack, out=out, scale=2))
        assert isinstance(result, Finished), result
        assert result.outputs == (str(out),)
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
        pictures.append(picture_of(out))
    assert np.array_equal(pictures[0], pictures[1])
    assert np.array_equal(pictures[0], pictures[2])
    assert pictures[0].shape[2] == 3
    with Image.open(tmp_path / "figure.png") as image:
        assert round(image.info["dpi"][0]) == 192
    with tifffile.TiffFile(tmp_path / "figure.tif") as file:
        assert "Zelle µ.tif" in file.pages[0].description
    assert any(
        isinstance(message, Progress) and message.stage == "Drawing" for message in draw.said
    )


def test_a_page_that_is_not_there_is_transparent_in_files(draw, stack, tmp_path):
    for ending in ("png", "tif"):
        out = tmp_path / f"clear.{ending}"
        draw(figure(stack, out=out, background="transparent"))
        picture = picture_of(out)
        assert picture.shape[2] == 4
        assert picture[0, 0, 3] == 0
        assert picture[60, 60, 3] == 255


def test_the_caption_says_one_thing_in_each_line(draw, stack, tmp_path):
    out = tmp_path / "figure.png"
    limits = limits_of(tifffile.imread(stack))
    at = (None, 1, None, 4, None)
    draw(figure(stack, out=out, position=at, part=((0, 3), (0, 24), (4, 32))))
    assert caption_of(out) == [
        "Zelle µ.tif, voxels 0.100 × 0.100 × 0.300 µm",
        "Planes at x 16, y 5, z 2 of 5 (1.50, 0.4, 0.3 µm)",
        "Part shown: x 5–32 of 32, z 1–3 of 5",
        f"Intensities shown: {limits.low:.5g}–{limits.high:.5g}, linear (no gamma)",
        "Colours: Grays",
    ]


def test_the_caption_names_the_model_and_every_deviation(draw, stack, tmp_path):
    restored = tmp_path / "restored.ome.tif"
    source = open_stack(stack)
    halved = source.read(Region.whole(source.info.shape)) // 2
    source.close()
    made_by = Provenance(program="GVT Studio", task="denoising", model="fluo-3d")
    write_result(restored, halved, source.info, made_by)
    out = tmp_path / "figure.png"
    columns = (
        FigureColumn(path=str(stack), title="Input", limits=(1, 70.5), lut="hilo"),
        FigureColumn(path=str(restored), title="Restored"),
    )
    assert isinstance(draw(FigureRequest(columns=columns, out=str(out))), Finished)
    lines = caption_of(out)
    assert lines[0] == "Input: Zelle µ.tif, voxels 0.100 × 0.100 × 0.300 µm"
    assert lines[1].endswith("restored with fluo-3d (denoising)")
    limits = limits_of(halved)
    own = f"Restored {limits.low:.5g}–{limits.high:.5g}"
    assert f"Intensities shown: Input 1–70.5, {own}, linear (no gamma)" in lines
    assert lines[-1].startswith("Colours: Input HiLo (at the lower limit and below blue")
    assert lines[-1].endswith("Restored Grays")


def test_the_caption_says_gamma_inversion_and_label_colours(draw, stack, tmp_path):
    out = tmp_path / "figure.png"
    path, limits = str(stack), (1, 70)
    bent = FigureColumn(path=path, title="A", limits=limits, gamma=0.5, is_inverted=True)
    plain = FigureColumn(path=path, title="B", limits=limits)
    labels = FigureColumn(path=path, title="C", limits=limits, lut="glasbey", gamma=0.5)
    draw(FigureRequest(columns=(bent, plain, labels), out=str(out)))
    intensities, colours = caption_of(out)[-2:]
    words = "A 1–70, B 1–70, C a colour for each value, not linear: A γ 0.5, B linear, C linear"
    assert intensities == f"Intensities shown: {words}"
    assert colours == "Colours: A Grays inverted, B Grays, C glasbey (labels)"
    draw(FigureRequest(columns=(labels,), out=str(out), overwrite=True))
    assert caption_of(out)[-2] == "Intensities shown: a colour for each value"


def test_found_limits_are_shared_and_follow_what_was_restored(draw, tmp_path):
    bright = write_stack(tmp_path / "bright.tif")
    voxels = tifffile.imread(bright)
    tifffile.imwrite(tmp_path / "dim.tif", voxels // 4)
    one, other = limits_of(voxels), limits_of(voxels // 4)
    paths = (bright, tmp_path / "dim.tif")
    out = tmp_path / "figure.png"
    draw(figure(*paths, out=out))
    assert f"Intensities shown: {other.low:.5g}–{one.high:.5g}, linear (no gamma)" in caption_of(
        out
    )
    draw(figure(*paths, out=out, is_linked=False, overwrite=True))
    own = f"bright.tif {one.low:.5g}–{one.high:.5g}, dim.tif {other.low:.5g}–{other.high:.5g}"
    assert f"Intensities shown: {own}, linear (no gamma)" in caption_of(out)
    made_by = Provenance(program="GVT Studio", task="denoising", model="fluo-3d")
    source = open_stack(bright)
    halved = source.read(Region.whole(source.info.shape)) // 2
    source.close()
    restored = tmp_path / "restored.ome.tif"
    write_result(restored, halved, source.info, made_by)
    draw(figure(bright, restored, out=out, overwrite=True))
    leading = limits_of(halved)
    assert f"Intensities shown: {leading.low:.5g}–{leading.high:.5g}, linear" in caption_of(out)[3]


def test_a_stack_beside_the_crosshair_is_told_of(draw, stack, tmp_path):
    small = write_stack(tmp_path / "small.tif", (5, 6, 7))
    out = tmp_path / "figure.png"
    assert isinstance(draw(figure(stack, small, out=out)), Finished)
    assert "small.tif does not reach to where the planes cross" in caption_of(out)
    draw(figure(stack, small, out=out, position=(0, 1, 0, 2, 3), overwrite=True))
    assert not any("does not reach" in line for line in caption_of(out))


def test_settings_of_ones_own_plots_change_nothing(stack, tmp_path):
    pages = []
    for name, settings in (("none", ""), ("own", "text.color: red\nsvg.image_inline: False\n")):
        (tmp_path / "matplotlibrc").write_text(settings)
        out = tmp_path / f"{name}.svg"
        command = [sys.executable, "-m", "gvtstudio", "figure", str(stack), "--out", str(out)]
        subprocess.run(command, check=True, cwd=tmp_path, env=engine_environment())
        pages.append(out.read_text("utf-8"))
    assert pages[0] == pages[1]


def test_of_a_large_volume_some_planes_tell_the_limits(draw, tmp_path, monkeypatch):
    stack = write_stack(tmp_path / "deep.tif", (12, 24, 32))
    voxels = tifffile.imread(stack)
    monkeypatch.setattr("gvtstudio.engine.figure.BYTES_LOOKED_AT", voxels.nbytes // 4)
    out = tmp_path / "figure.png"
    draw(figure(stack, out=out))
    limits = limits_of(voxels[::4])
    assert f"Intensities shown: {limits.low:.5g}–{limits.high:.5g}" in caption_of(out)[2]
    assert limits != limits_of(voxels)


def test_words_of_ones_own_or_none(draw, stack, tmp_path):
    out = tmp_path / "figure.png"
    draw(figure(stack, out=out, caption="Figure 1\nA cell."))
    assert caption_of(out) == ["Figure 1", "A cell."]
    draw(figure(stack, out=out, has_caption=False, overwrite=True))
    assert caption_of(out) == []


def test_without_a_name_it_lies_in_the_folder_of_the_job(draw, stack, tmp_path):
    result = draw(figure(stack))
    assert result.outputs == (str(tmp_path / "job" / "figure.png"),)
    assert isinstance(draw(figure(stack)), Finished)  # again


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"scale": 5}, "cannot be drawn 5 times as large"),
        ({"zoom": 1e9}, "pixels for a voxel"),
        ({"background": "pink"}, 'no background "pink"'),
        ({"scale_bar": "long"}, '"long" is no length of a scale bar'),
        ({"scale_bar": "-3"}, "no length"),
        ({"scale_bar": "nan"}, "no length"),
        ({"scale_bar": "500"}, "wider than the image"),
        ({"position": (0, 5, 0, 0, 0)}, "has no slice 6. Give a slice from 1 to 5"),
        ({"position": (1, 0, 0, 0, 0)}, "has no time point 2. It has a single time point"),
        ({"zoom": 128.0, "scale": 4}, "million are the most"),
        ({"columns": ()}, "no stack to draw"),
    ],
)
def test_a_choice_that_does_not_exist_is_said_and_nothing_written(
    draw, stack, tmp_path, options, sentence
):
    out = tmp_path / "figure.png"
    result = draw(msgspec.structs.replace(figure(stack, out=out), **options))
    assert isinstance(result, Failed)
    assert sentence in f"{result.message} {result.remedy}"
    assert result.exit_code == 2
    assert not out.exists()


@pytest.mark.parametrize("change", [{"limits": (5, 5)}, {"limits": (0, np.inf)}, {"lut": "grey"}])
def test_limits_and_colours_are_checked(draw, stack, tmp_path, change):
    columns = (FigureColumn(path=str(stack), **change),)
    result = draw(FigureRequest(columns=columns, out=str(tmp_path / "a.png")))
    assert isinstance(result, Failed)
    assert result.exit_code == 2


def test_nothing_is_replaced_unasked_and_a_stack_never(draw, stack, tmp_path):
    out = tmp_path / "figure.png"
    out.write_bytes(b"mine")
    refused = draw(figure(stack, out=out))
    assert "exists already" in refused.message
    assert out.read_bytes() == b"mine"
    assert isinstance(draw(figure(stack, out=out, overwrite=True)), Finished)
    before = stack.read_bytes()
    refused = draw(figure(stack, out=stack, overwrite=True))
    assert "is one of the stacks" in refused.message
    assert stack.read_bytes() == before
    for name in ("figure.jpg", "figure"):
        refused = draw(figure(stack, out=tmp_path / name))
        assert "what kind of picture" in refused.message
        assert ".svg or .pdf" in refused.remedy
    refused = draw(figure(stack, out=out / "inside a file.png"))
    assert refused.exit_code == 4


def test_a_cancelled_figure_is_not_there(draw, stack, tmp_path):
    cancel = CancelFlag()
    cancel.set()
    out = tmp_path / "figure.pdf"
    assert isinstance(draw(figure(stack, out=out), cancel), Stopped)
    assert not out.exists()
