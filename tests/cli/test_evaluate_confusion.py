"""``gvtstudio evaluate --confusion``: which brightness was predicted as which."""

import csv
from pathlib import Path

import numpy as np
import pytest

from gvtstudio.__main__ import main
from gvtstudio.imaging.confusion import binned_confusion
from gvtstudio.imaging.metrics import Comparison
from tests.engine.stacks_for_tests import blobs, noisy, write_stack

SHAPE = (8, 24, 28)


def channels_of(make) -> np.ndarray:
    """Two channels, (Z, C, Y, X) float32."""
    return np.stack([make(0), make(5)], 1).astype(np.float32)


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A command that compares two stacks of two channels."""
    restored = write_stack(
        tmp_path / "restored.tif", channels_of(lambda s: noisy(SHAPE, seed=s)), "ZCYX"
    )
    target = write_stack(tmp_path / "target.tif", channels_of(lambda s: blobs(SHAPE, s)), "ZCYX")
    files = [str(restored), str(restored), "--target", str(target), str(target)]
    return ["evaluate", "--restored", *files]


def test_every_channel_has_a_table_summed_over_the_stacks(words, tmp_path, capsys):
    out = tmp_path / "confusion.csv"
    assert main([*words, "--confusion", str(out), "--normalisation", "none"]) == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["Stain 0"] * 10 + ["Stain 1"] * 10
    image, truth = noisy(SHAPE, seed=5).astype(np.float32), blobs(SHAPE, 5).astype(np.float32)
    counts = binned_confusion(Comparison(image, truth, "none"))
    second = rows[10:]
    assert [int(row["voxels"]) for row in second] == (2 * counts.sum(1)).tolist()
    for row, expected in zip(second, counts, strict=True):
        shares = [float(row[name] or "nan") for name in row if name.startswith("predicted")]
        np.testing.assert_allclose(shares, expected / max(expected.sum(), 1), atol=1e-6)


def test_the_two_tables_need_two_names(words, tmp_path, capsys):
    out = str(tmp_path / "a.csv")
    assert main([*words, "--csv", out, "--confusion", out]) == 4
    assert "two names" in capsys.readouterr().err


def test_an_existing_table_is_kept(words, tmp_path, capsys):
    out = tmp_path / "a.csv"
    out.write_text("mine", encoding="utf-8")
    assert main([*words, "--confusion", str(out)]) == 4
    assert out.read_text(encoding="utf-8") == "mine"


def test_labels_have_no_brightness(words, tmp_path, capsys):
    assert main([*words, "--labels", "--confusion", str(tmp_path / "a.csv")]) == 2
    assert "--confusion" in capsys.readouterr().err
