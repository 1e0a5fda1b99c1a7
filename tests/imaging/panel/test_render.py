"""Every pixel of a figure shows the voxel that lies there, in the colour of its intensity."""

import re
import zlib
from dataclasses import replace

import numpy as np
import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import ArrayStack, StackInfo
from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.luts import Colouring
from gvtstudio.imaging.panel.comparison import Position
from gvtstudio.imaging.panel.geometry import ViewerVolume
from gvtstudio.imaging.panel.painted import NOT_A_NUMBER
from gvtstudio.imaging.panel.panel import PAGES, PanelColumn, PanelStyle, PanelView, planes_of
from gvtstudio.imaging.panel.render import page_of, paint_panel, pixels_of, render_panel

SHAPE = (2, 5, 2, 9, 14)
UM = (0.6, 0.2, 0.2)
AT = Position(1, 3, 1, 6, 4)
BARE = PanelStyle(scale_bar_um=None)
VIEW = PanelView(AT, zoom=6, has_crosshair=False)


@pytest.fixture
def voxels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, SHAPE, np.uint8)


def column(
    array: np.ndarray, um=UM, title="Input", origin: Region | None = None, lut="gray"
) -> PanelColumn:
    calibration = Calibration(*um, source="file") if um else Calibration()
    info = StackInfo("a.tif", array.shape, array.dtype.name, default_channels(2), calibration)
    stack = ArrayStack(array, info)
    volume = ViewerVolume(title, info, origin)
    return PanelColumn(volume, planes_of(stack), Limits(0, 256), Colouring(lut))


def panes(columns, view=VIEW, style=BARE):
    """The picture, and where the planes of each column lie in it."""
    panel = paint_panel(columns, view, style)
    picture = pixels_of(panel)
    places = [
        {
            name: np.s_[p.top : p.top + p.height, p.left : p.left + p.width]
            for name, p in row.items()
        }
        for row in panel.layout.panes
    ]
    return picture, places


def test_every_voxel_of_the_three_planes_lies_at_its_place(voxels):
    picture, [place] = panes([column(voxels)])
    volume = voxels[1, :, 1]
    # z is three times as long as x, and 6 pixels show a pixel width
    expected = {
        "XY": volume[3].repeat(6, 0).repeat(6, 1),
        "XZ": volume[:, 6].repeat(18, 0).repeat(6, 1),
        "YZ": volume[:, :, 4].T.repeat(6, 0).repeat(18, 1),
    }
    for name, grey in expected.items():
        seen = picture[place[name]]
        assert seen.shape[:2] == grey.shape, name
        assert np.array_equal(seen[..., 0], grey), name
        assert np.array_equal(seen[..., 1], grey), name
        assert (seen[..., 3] == 255).all()
    xy, xz, yz = place["XY"], place["XZ"], place["YZ"]
    assert xz[1] == xy[1]
    assert yz[0] == xy[0]
    assert xz[0].start == xy[0].stop + 4
    assert yz[1].start == xy[1].stop + 4


def test_twice_the_scale_is_the_same_figure_with_twice_the_pixels(voxels):
    style = PanelStyle(caption=("A caption",))
    view = replace(VIEW, zoom=5.3, has_crosshair=True)
    small = paint_panel([column(voxels)], view, style)
    once, twice = (
        render_panel([column(voxels)], view, replace(style, scale=scale)) for scale in (1, 2)
    )
    assert twice.shape == (2 * once.shape[0], 2 * once.shape[1], 4)
    assert small.layout.size == (once.shape[1], once.shape[0])
    bare = replace(view, has_crosshair=False)
    plain = [
        render_panel([column(voxels)], replace(bare, zoom=6), replace(BARE, scale=scale))
        for scale in (1, 2)
    ]
    place = panes([column(voxels)])[1][0]["XZ"]
    doubled = tuple(slice(2 * each.start, 2 * each.stop) for each in place)
    assert np.array_equal(plain[1][doubled], plain[0][place].repeat(2, 0).repeat(2, 1))


def test_of_itself_a_voxel_of_the_finest_column_has_a_pixel(voxels):
    coarse = np.zeros((1, 5, 1, 300, 400), np.uint8)
    fine = np.zeros((1, 10, 1, 600, 800), np.uint8)
    _, places = panes([column(coarse), column(fine, (0.3, 0.1, 0.1))], replace(VIEW, zoom=0))
    assert [place["XY"][1].stop - place["XY"][1].start for place in places] == [800, 800]
    _, [small] = panes([column(voxels)], replace(VIEW, zoom=0))
    assert small["XY"][1].stop - small["XY"][1].start == 14 * 19  # 256 or a little more


def test_columns_lie_over_one_another_by_their_voxel_size(voxels):
    fine = voxels.repeat(2, 1).repeat(2, 3).repeat(2, 4)
    picture, [one, other] = panes([column(voxels), column(fine, (0.3, 0.1, 0.1))])
    for name in one:
        assert np.array_equal(picture[one[name]], picture[other[name]])


def test_a_preview_lies_at_its_place_and_around_it_is_the_page(voxels):
    origin = Region((1, 2), (2, 5), (1, 2), (4, 9), (3, 11))
    picture, [one, other] = panes([column(voxels), column(voxels[origin.slices], origin=origin)])
    whole, part = picture[one["XY"]], picture[other["XY"]]
    inside = np.s_[4 * 6 : 9 * 6, 3 * 6 : 11 * 6]
    assert np.array_equal(part[inside], whole[inside])
    part[inside] = (*PAGES["dark"][0], 255)
    assert (part == (*PAGES["dark"][0], 255)).all()


def test_a_part_reaches_beyond_the_volume(voxels):
    view = replace(VIEW, part=((1, 4), (-1, 6), (10, 16)))
    picture, [place] = panes([column(voxels)], view)
    seen = picture[place["XY"]]
    assert seen.shape[:2] == (7 * 6, 6 * 6)
    assert np.array_equal(seen[6:, : 4 * 6, 0], voxels[1, 3, 1, :6, 10:].repeat(6, 0).repeat(6, 1))
    page = (*PAGES["dark"][0], 255)
    assert (seen[:6] == page).all()
    assert (seen[:, 4 * 6 :] == page).all()
    assert np.array_equal(
        picture[place["XZ"]][:, : 4 * 6, 0],
        voxels[1, 1:4, 1, 6, 10:].repeat(18, 0).repeat(6, 1),
    )


def test_colours_are_those_of_the_table_and_nan_has_its_own():
    array = np.full((1, 1, 1, 40, 40), 10.0, np.float32)
    array[0, 0, 0, 0, :4] = (np.nan, np.inf, -np.inf, 128)
    made = replace(column(array, lut="hilo"), limits=Limits(0, 256))
    picture, [place] = panes([made], PanelView(zoom=4, has_crosshair=False))
    row = [tuple(picture[place["XY"]][1, 4 * x + 1, :3]) for x in range(4)]
    assert row == [NOT_A_NUMBER, NOT_A_NUMBER, NOT_A_NUMBER, (128, 128, 128)]
    assert set(place) == {"XY"}  # a single slice has no depth to show


def test_xy_alone(voxels):
    _, [place] = panes([column(voxels)], replace(VIEW, planes=("XY",)))
    assert set(place) == {"XY"}


@pytest.mark.parametrize(("asked", "length_um"), [(0.0, 5.0), (3.0, 3.0)])
@pytest.mark.parametrize("scale", [1, 3])
def test_the_scale_bar_is_as_long_as_it_says(asked, length_um, scale):
    dark = np.zeros((1, 4, 1, 70, 90), np.uint8)
    style = PanelStyle(scale=scale, scale_bar_um=asked)
    panel = paint_panel([column(dark)], replace(VIEW, position=None, zoom=5), style)
    picture, pane = pixels_of(panel), panel.layout.panes[0]["XY"]
    # 12 pixels from the corner of the plane; its last row is all bar
    row = (pane.top + pane.height - 12) * scale - 1
    left, right = pane.left * scale, (pane.left + pane.width) * scale
    is_bar = (picture[row, left:right, :3] == 255).all(axis=1)
    assert is_bar.sum() == round(length_um / 0.2 * 5 * scale)
    assert np.flatnonzero(is_bar)[-1] == (pane.width - 12) * scale - 1
    assert f">{length_um:g} µm</text>" in page_of(panel, "svg").decode()


def test_without_a_voxel_size_there_is_no_bar():
    dark = np.zeros((1, 4, 1, 70, 90), np.uint8)
    view = PanelView(zoom=5, has_crosshair=False)
    picture, [place] = panes([column(dark, None)], view, PanelStyle())
    assert (picture[place["XY"]][..., :3] == 0).all()
    picture, [place] = panes([column(dark)], view, PanelStyle())
    assert picture[place["XY"]][..., :3].any()


@pytest.mark.parametrize("background", PAGES)
def test_the_page_is_dark_white_or_not_there(voxels, background):
    style = PanelStyle(background=background, caption=("Words to read",))
    picture, [place] = panes([column(voxels)], VIEW, style)
    page, ink = PAGES[background]
    assert tuple(picture[0, 0]) == ((0, 0, 0, 0) if page is None else (*page, 255))
    assert (picture[place["XY"]][..., 3] == 255).all()
    below = picture[place["XZ"][0].stop :]
    solid = below[below[..., 3] == 255][:, :3].astype(int)
    assert np.abs(solid - ink).sum(axis=1).min() <= 12


def test_the_crosshair_leaves_its_voxel_free(voxels):
    style, view = BARE, replace(VIEW, zoom=20)
    without, [place] = panes([column(voxels)], view, style)
    crossed, _ = panes([column(voxels)], replace(view, has_crosshair=True), style)
    before, after = without[place["XY"]], crossed[place["XY"]]
    assert np.array_equal(after[6 * 20 : 7 * 20, 4 * 20 : 5 * 20], before[120:140, 80:100])
    changed = np.argwhere((before != after).any(axis=2))
    assert set(changed[changed[:, 1] < 60][:, 0]) <= set(range(128, 132))
    assert set(changed[changed[:, 0] < 100][:, 1]) <= set(range(88, 92))
    yellow = after[130, 5].astype(int) - after[130, 5, 2]
    assert yellow[0] > 100
    assert yellow[1] > 80


def test_a_stamp_stands_in_the_corner_of_xy(voxels):
    small = render_panel([column(voxels)], VIEW, BARE)
    stamped = render_panel([column(voxels)], VIEW, replace(BARE, stamp="t"))
    changed = np.argwhere((small != stamped).any(axis=2))
    _, [place] = panes([column(voxels)])
    rows, columns = place["XY"]
    assert len(changed)
    assert changed[:, 0].min() >= rows.start
    assert changed[:, 1].min() > (columns.start + columns.stop) / 2


def words_of_pdf(page: bytes) -> str:
    """What is written on a page, without blanks."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", page, re.DOTALL)
    texts = []
    for stream in streams:
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        texts += re.findall(rb"\(((?:[^()\\]|\\.)*)\)", text)
    # letters are written as numbers of two bytes
    return b"".join(texts).decode("latin-1").replace("\x00", "").replace(" ", "")


def test_pages_hold_words_as_words_and_images_inside(voxels):
    style = PanelStyle(background="white", caption=("Limits 3–7 µm, $x_1$ <b> & Ж",))
    columns = [column(voxels, title="Input"), column(voxels, title="Restored")]
    svg = page_of(paint_panel(columns, VIEW, style), "svg").decode()
    words = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert {"Input", "Restored", "XY", "XZ", "YZ"} <= set(words)
    assert "Limits 3–7 µm, $x_1$ &lt;b&gt; &amp; Ж" in words
    assert svg.count("data:image/png;base64") == 6
    assert svg == page_of(paint_panel(columns, VIEW, style), "svg").decode()
    pdf = page_of(paint_panel(columns, VIEW, style), "pdf")
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Subtype /Image") == 6
    words = words_of_pdf(pdf)
    assert "Restored" in words
    assert "Limits3" in words


def test_any_name_can_be_written_and_long_ones_are_wrapped(voxels):
    title = "name\nwith\tbreaks_and_no_blank_" * 6 + "\udce4 \u7ec6 $\\frac$"
    panel = paint_panel([column(voxels, title=title)], VIEW, BARE)
    titles = [words for words in panel.layout.words if words.is_bold]
    assert len(titles) > 3
    assert "".join(words.text for words in titles).replace(" ", "").startswith("namewithbreaks_and")
    width = panel.layout.size[0]
    drawn = pixels_of(panel)
    assert (drawn[: int(titles[-1].baseline), width - 6 :] == drawn[0, 0]).all()


def test_words_of_a_wide_figure_can_be_read_on_a_small_screen():
    wide = np.zeros((1, 1, 1, 10, 4000), np.uint8)
    panel = paint_panel([column(wide)], PanelView(zoom=1), BARE)
    assert panel.layout.text_px / panel.layout.size[0] * 1366 == pytest.approx(12, rel=0.01)


@pytest.mark.parametrize(
    ("view", "style", "sentence"),
    [
        (replace(VIEW, zoom=1000), BARE, "64 million are the most"),
        (replace(VIEW, part=((0, 1), (3, 3), (0, 9))), BARE, "is empty"),
        (VIEW, PanelStyle(scale_bar_um=50), "wider than the image"),
    ],
)
def test_what_cannot_be_drawn_is_said(voxels, view, style, sentence):
    with pytest.raises(UsageError, match=sentence) as caught:
        render_panel([column(voxels)], view, style)
    assert caught.value.remedy
