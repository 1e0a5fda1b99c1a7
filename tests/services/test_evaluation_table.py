import csv
import io

import pytest

from gvtstudio.domain.evaluation import Evaluation, Scores, Summary
from gvtstudio.services.evaluation_table import csv_bytes, exported_rows, shown_table

COLUMNS = {"psnr_db": "PSNR (dB)", "ssim": "SSIM"}


def score(time: int, psnr: float, ssim: float | None, **places) -> Scores:
    known = {"plane": None, "label": None, **places}
    return Scores("r,1.tif", "t.tif", time, 1, values={"psnr_db": psnr, "ssim": ssim}, **known)


@pytest.fixture
def several() -> Evaluation:
    scores = (score(1, 24.123456, 0.5), score(2, 26.0, None))
    summary = Summary(
        "volumes", 2, {"psnr_db": 25.06, "ssim": 0.5}, {"psnr_db": 1.327, "ssim": None}
    )
    return Evaluation("care", COLUMNS, scores, summary)


def test_several_volumes_end_with_their_mean(several):
    headings, rows = shown_table(several)
    assert headings == ("Time", "Channel", "PSNR (dB)", "SSIM")
    assert rows == [
        ("1", "1", "24.12", "0.5"),
        ("2", "1", "26", "?"),
        ("mean ± SD", "", "25.06 ± 1.3", "0.5"),
    ]


def test_planes_and_classes_are_named():
    summary = Summary("planes", 1, {"psnr_db": 1.0, "ssim": 1.0}, {"psnr_db": None, "ssim": None})
    plane = Evaluation("none", COLUMNS, (score(1, 1.0, 1.0, plane=3),), summary)
    assert shown_table(plane) == (
        ("Time", "Channel", "Plane", "PSNR (dB)", "SSIM"), [("1", "1", "3", "1", "1")],
    )  # fmt: skip


def test_what_is_taken_elsewhere_has_all_digits_and_the_normalisation(several):
    table = csv_bytes(exported_rows(several)).decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["restored"] for row in rows] == ["r,1.tif"] * 2
    assert [row["psnr_db"] for row in rows] == ["24.123456", "26.0"]
    assert [row["ssim"] for row in rows] == ["0.5", ""]
    assert {row["normalisation"] for row in rows} == {"care"}
