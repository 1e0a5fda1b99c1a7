from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtGui import QGuiApplication, QImage

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.domain.job import SweepRequest
from gvtstudio.domain.messages import ContextScore
from gvtstudio.ui.dialogs.context_plot_dialog import ContextPlotDialog
from gvtstudio.ui.widgets.context_plot import METRICS

SCORES = (
    ContextScore("input", None, 16.1, 0.08, 0.156, 0.0),
    ContextScore("4,16,16", (4, 16, 16), 24.0, 0.7, 0.06, 3.5),
    ContextScore("8,16,16", (8, 16, 16), 25.0, 0.75, 0.055, 3.0),
    ContextScore("whole", (16, 64, 64), 27.5, 0.86, 0.041, 1.25),
)
REQUEST = SweepRequest(input="noisy.ome.tif", target="good.tif", model="m.gvtmodel")


@pytest.fixture
def make_dialog(qtbot):
    dialogs = []

    def make(scores=SCORES) -> ContextPlotDialog:
        dialogs.append(ContextPlotDialog(REQUEST, scores, "dark"))
        dialogs[-1].show()
        return dialogs[-1]

    yield make
    for dialog in dialogs:
        dialog.close()


def axis_label(dialog: ContextPlotDialog, side: str) -> str:
    return dialog.plot.getAxis(side).label.toPlainText()


def points(dialog: ContextPlotDialog) -> tuple[list[float], list[float]]:
    line = dialog.plot.getPlotItem().listDataItems()[0]
    return line.xData.tolist(), line.yData.tolist()


def test_contexts_lie_on_a_logarithmic_axis_with_their_sizes(make_dialog):
    dialog = make_dialog()
    places, values = points(dialog)
    assert values == [24.0, 25.0, 27.5]
    assert places == pytest.approx([3.0103, 3.3113, 4.8165], abs=1e-3)
    (ticks,) = dialog.plot.getAxis("bottom")._tickLevels
    # the second would run into the first, and stands a line below
    assert [words for _, words in ticks] == ["4 × 16 × 16", "\n8 × 16 × 16", "16 × 64 × 64"]


@pytest.mark.parametrize(("name", "value"), [("psnr_db", 16.1), ("ssim", 0.08), ("nrmse", 0.156)])
def test_each_measure_has_its_line_of_the_input_and_names_the_normalisation(
    make_dialog, name, value
):
    dialog = make_dialog()
    dialog.metric_box.setCurrentIndex(dialog.metric_box.findData(name))
    lines = [item for item in dialog.plot.getPlotItem().items if hasattr(item, "angle")]
    assert value in [getattr(item, "value", lambda: None)() for item in lines]
    assert axis_label(dialog, "left").strip() == (
        f"{METRICS[name].label}, gain and offset fitted (care)"
    )
    (_, _), (low, high) = dialog.plot.getViewBox().viewRange()
    assert low < value < high


def test_verdict_says_what_the_whole_brings(make_dialog):
    dialog = make_dialog()
    assert dialog._verdict.text() == (
        "With the whole the PSNR is 3.50 dB better than with 4 × 16 × 16 voxels."
    )
    dialog.metric_box.setCurrentIndex(dialog.metric_box.findData("nrmse"))
    assert "0.0190 better" in dialog._verdict.text()


def test_a_measure_that_could_not_be_told_is_not_offered(make_dialog):
    scores = [ContextScore(s.context, s.size, s.psnr_db, None, s.nrmse, s.seconds) for s in SCORES]
    dialog = make_dialog(scores)
    assert dialog.metric_box.findData("ssim") < 0
    assert [row.split("\t")[5] for row in dialog.table().splitlines()[1:]] == [""] * 4


def test_equal_values_are_not_blown_up(make_dialog):
    scores = (
        ContextScore("8,16,16", (8, 16, 16), 27.4999, 0.86, 0.041, 3.0),
        ContextScore("whole", (16, 64, 64), 27.5, 0.86, 0.041, 1.0),
    )
    (low, high) = make_dialog(scores).plot.getViewBox().viewRange()[1]
    assert high - low > 0.5


def test_table_is_copied(make_dialog):
    dialog = make_dialog()
    copy = next(b for b in dialog._buttons.buttons() if b.text() == "Copy table")
    copy.click()
    rows = [row.split("\t") for row in QGuiApplication.clipboard().text().splitlines()]
    assert rows[0][:5] == ["context", "Z", "Y", "X", "PSNR (dB)"]
    assert rows[1] == ["input", "", "", "", "16.1", "0.08", "0.156", "0", "care"]
    assert rows[4] == ["whole", "16", "64", "64", "27.5", "0.86", "0.041", "1.25", "care"]


def test_picture_is_saved_on_white_as_png_and_svg(make_dialog, tmp_path):
    dialog = make_dialog()
    dialog.save_picture(tmp_path / "plot.png")
    image = QImage(str(tmp_path / "plot.png"))
    assert image.width() >= 900
    assert image.pixelColor(image.width() - 3, 3).lightness() > 240
    dialog.save_picture(tmp_path / "plot.svg")
    root = ET.fromstring((tmp_path / "plot.svg").read_bytes())
    texts = "".join(root.itertext())
    assert "16 × 64 × 64" in texts
    assert root.attrib["viewBox"] == "0 0 900 520"
    assert b"<image" not in (tmp_path / "plot.svg").read_bytes()  # lines, not pixels


def test_a_folder_that_cannot_be_written_is_told(make_dialog, tmp_path):
    dialog = make_dialog()
    (tmp_path / "a file").write_text("", encoding="utf-8")
    with pytest.raises(OutputUnwritable):
        dialog.save_picture(tmp_path / "a file" / "plot.png")
    dialog._save(str(tmp_path / "a file" / "plot.svg"))
    assert "plot.svg could not be written" in dialog._verdict.text()
    dialog._save(str(tmp_path / "plot.png"))
    assert Path(tmp_path / "plot.png").is_file()
