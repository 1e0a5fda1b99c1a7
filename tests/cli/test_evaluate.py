"""``gvtstudio evaluate``: several files, masks, labels, planes, two models, and what it refuses."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy import stats

from gvtstudio.__main__ import main
from gvtstudio.imaging.measures import MEASURES
from gvtstudio.imaging.metrics import Comparison, measure_agreement
from tests.engine.stacks_for_tests import blobs, noisy, write_stack

SHAPE = (8, 24, 28)


def truth(seed: int) -> np.ndarray:
    return (20 + 5 * blobs(SHAPE, seed)).astype(np.float32)


def better(seed: int) -> np.ndarray:
    return ((noisy(SHAPE, "float32", seed) + 3 * truth(seed)) / 4).astype(np.float32)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, list[str]]:
    """Three stacks: noisy, better and true."""
    made: dict[str, list[str]] = {}
    for name, make in (("noisy", noisy), ("better", better), ("truth", truth)):
        arrays = [make(seed=seed) if make is noisy else make(seed) for seed in range(3)]
        made[name] = [
            str(write_stack(tmp_path / name / f"cell {i}.tif", array.astype(np.float32)))
            for i, array in enumerate(arrays)
        ]
    return made


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_files_are_paired_in_order_and_summed_up(files, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    words = ["evaluate", "--restored", *files["noisy"], "--target", *files["truth"]]
    assert main([*words, "--csv", str(out)]) == 0
    first, heading, *rows, last = capsys.readouterr().out.splitlines()
    assert first == "normalisation: care"
    assert heading.split() == [
        "stack", "time", "channel", "PSNR", "(dB)", "SSIM", "NRMSE", "Pearson", "r"
    ]  # fmt: skip
    expected = [measure_agreement(noisy(SHAPE, seed=i), truth(i)).psnr_db for i in range(3)]
    assert [row.split()[:4] for row in rows] == [["cell", f"{i}.tif", "1", "1"] for i in range(3)]
    assert [float(row.split()[4]) for row in rows] == pytest.approx(expected, rel=1e-3)
    assert last.startswith("mean ± SD of 3 stacks")
    assert f"{np.mean(expected):.4g} ± {np.std(expected, ddof=1):.2g}" in last
    written = table(out)
    assert [row["restored"] for row in written[:3]] == files["noisy"]
    assert [row["target"] for row in written[:3]] == files["truth"]
    assert {row["normalisation"] for row in written} == {"care"}
    assert [row["restored"] for row in written[3:]] == ["mean of 3 stacks", "SD of 3 stacks"]
    assert float(written[3]["psnr_db"]) == pytest.approx(np.mean(expected))
    assert float(written[4]["psnr_db"]) == pytest.approx(np.std(expected, ddof=1))


def test_every_time_point_and_channel_is_measured_and_named(tmp_path, capsys):
    shape = (2, 8, 3, 16, 18)
    good = blobs(shape).astype(np.float32)
    poor = good + np.random.default_rng(0).normal(0, 0.5, shape).astype(np.float32)
    paths = [write_stack(tmp_path / f"{n}.tif", a, "TZCYX") for n, a in (("p", poor), ("g", good))]
    words = ["evaluate", "--restored", str(paths[0]), "--target", str(paths[1]), "--json"]
    assert main(words) == 0
    answer = json.loads(capsys.readouterr().out)
    scores = answer["evaluation"]["scores"]
    places = [(t, c) for t in range(2) for c in range(3)]
    assert [(row["time"], row["channel"]) for row in scores] == [(t + 1, c + 1) for t, c in places]
    for row, (t, c) in zip(scores, places, strict=True):
        expected = measure_agreement(poor[t, :, c], good[t, :, c])
        assert row["values"]["nrmse"] == pytest.approx(expected.nrmse)
    assert answer["evaluation"]["summary"]["unit"] == "volumes"
    mean = np.mean([row["values"]["nrmse"] for row in scores])
    assert answer["numbers"]["nrmse"] == pytest.approx(mean)


def test_another_model_is_compared_by_a_paired_test(files, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    words = [
        "evaluate", "--restored", *files["better"], "--target", *files["truth"],
        "--against", *files["noisy"], "--metrics", "psnr,nrmse", "--csv", str(out),
    ]  # fmt: skip
    assert main(words) == 0
    printed = capsys.readouterr().out
    scores = {
        name: [Comparison(make(seed=i) if make is noisy else make(i), truth(i)) for i in range(3)]
        for name, make in (("noisy", noisy), ("better", better))
    }
    for column, sign in (("psnr_db", 1), ("nrmse", -1)):
        ours, theirs = ([sign * getattr(s, column) for s in scores[n]] for n in ("better", "noisy"))
        expected = stats.ttest_rel(ours, theirs, alternative="greater").pvalue
        (row,) = (row for row in table(out) if row["restored"].startswith("p, one-tailed"))
        assert float(row[column]) == pytest.approx(expected)
        assert f"p = {expected:.2g}" in printed
    assert printed.count(": the first model is better;") == 2
    assert [row["model"] for row in table(out)].count("against") == 5
    assert printed.count("mean ± SD of 3 stacks") == 2


def test_planes_are_rows_of_their_own(files, capsys):
    words = ["evaluate", "--restored", files["noisy"][0], "--target", files["truth"][0]]
    assert main([*words, "--per-plane", "--metrics", "nrmse", "--json"]) == 0
    evaluation = json.loads(capsys.readouterr().out)["evaluation"]
    expected = [p.nrmse for _, p in Comparison(noisy(SHAPE, seed=0), truth(0)).planes()]
    assert [row["plane"] for row in evaluation["scores"]] == list(range(1, 9))
    assert [row["values"]["nrmse"] for row in evaluation["scores"]] == pytest.approx(expected)
    assert evaluation["summary"]["unit"] == "planes"


def test_a_mask_says_where_to_measure(files, tmp_path, capsys):
    mask = np.zeros(SHAPE, np.uint8)
    mask[1:7, 5:20, 3:25] = 255
    path = write_stack(tmp_path / "mask.tif", mask)
    words = ["evaluate", "--restored", *files["noisy"], "--target", *files["truth"]]
    assert main([*words, "--mask", str(path), "--json"]) == 0
    evaluation = json.loads(capsys.readouterr().out)["evaluation"]
    for i, row in enumerate(evaluation["scores"]):
        expected = Comparison(noisy(SHAPE, seed=i), truth(i), "care", mask)
        assert row["values"]["psnr_db"] == pytest.approx(expected.psnr_db, rel=1e-5)
        assert row["values"]["ssim"] == pytest.approx(expected.ssim, rel=1e-4)


def test_every_measure_can_be_asked_for_at_once(files, capsys):
    words = ["evaluate", "--restored", files["better"][0], "--target", files["truth"][0]]
    assert main([*words, "--metrics", ",".join(MEASURES), "--json"]) == 0
    output, errors = capsys.readouterr()
    columns = [column.name for row in MEASURES.values() for column in row.columns]
    assert list(json.loads(output)["evaluation"]["columns"]) == columns
    spots = [column.name for column in MEASURES["spots"].columns[1:]]
    # the stack is too small to be split, and its waves are no spots
    names = ", ".join(["frc_single_um", *spots])
    assert f"Warning: {names} cannot be told for these images." in errors.splitlines()


def labels(tmp_path: Path) -> tuple[str, str]:
    image, good = np.zeros((2, *SHAPE), np.uint16)
    image[:, 2:10, 2:10], good[:, 2:10, 4:12] = 1, 1
    image[:, 15:20, 15:20], good[:, 15:20, 15:20] = 5, 5
    made = (write_stack(tmp_path / f"{n}.tif", a) for n, a in (("image", image), ("good", good)))
    first, second = map(str, made)
    return first, second


def test_labels_are_compared_class_by_class(tmp_path, capsys):
    image, good = labels(tmp_path)
    out = tmp_path / "dice.csv"
    words = ["evaluate", "--restored", image, "--target", good, "--labels"]
    assert main([*words, "--csv", str(out)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[1].split() == ["stack", "time", "channel", "label", "Dice"]
    assert [row.split()[-2:] for row in printed[2:4]] == [["1", "0.75"], ["5", "1"]]
    assert printed[-1].startswith("mean ± SD of 2 classes")
    rows = table(out)
    assert [(row["label"], float(row["dice"])) for row in rows[:2]] == [("1", 0.75), ("5", 1.0)]
    assert {row["normalisation"] for row in rows} == {"none"}
    assert main([*words, "--per-plane", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["evaluation"]["scores"]
    assert [(row["plane"], row["label"]) for row in scores[:3]] == [(1, 1), (1, 5), (2, 1)]


def said(words: list[str], capsys) -> tuple[int, str]:
    """Exit code and the one sentence that is no progress and no warning."""
    code = main(words)
    output, errors = capsys.readouterr()
    assert output == ""
    lines = [line for line in errors.splitlines() if not line.startswith(("Measuring", "Warning"))]
    assert len(lines) == 1
    assert lines[0].count(". ") >= 1
    return code, lines[0]


def refused(words: list[str], capsys) -> str:
    code, sentence = said(words, capsys)
    assert code == 3
    return sentence


def test_files_that_do_not_pair_up_are_wrong_use(files, capsys):
    words = ["evaluate", "--restored", *files["noisy"], "--target", *files["truth"]]
    assert said(words[:-1], capsys) == (
        2,
        "There are 3 restored stacks and 2 targets. Give one target for each restored stack, in "
        "the same order.",
    )
    code, sentence = said([*words, "--against", *files["better"][:2]], capsys)
    assert (code, "2 of the other model" in sentence) == (2, True)
    code, sentence = said([*words, "--mask", *files["better"][:2]], capsys)
    assert (code, "2 masks" in sentence) == (2, True)


def test_one_stack_is_too_few_to_compare_models(files, capsys):
    first = {name: paths[0] for name, paths in files.items()}
    words = ["evaluate", "--restored", first["better"], "--target", first["truth"]]
    code, sentence = said([*words, "--against", first["noisy"]], capsys)
    assert code == 2
    assert "too few" in sentence


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--metrics", "psnr,sim"], 'Did you mean "ssim"'),
        (["--metrics", "psnr", "--labels"], "Leave out --metrics or --labels."),
        (["--contexts", "8,8,8"], "--contexts belongs to --context-sweep"),
    ],
)
def test_wrong_options_are_wrong_use(files, options, hint, capsys):
    words = ["evaluate", "--restored", files["noisy"][0], "--target", files["truth"][0]]
    code, sentence = said([*words, *options], capsys)
    assert code == 2
    assert hint in sentence


@pytest.mark.parametrize(
    "options", [["--labels"], ["--per-plane"], ["--metrics", "psnr"], ["--mask", "m.tif"]]
)
def test_options_of_an_evaluation_do_not_go_with_a_sweep(options, capsys):
    words = ["evaluate", "--context-sweep", "--input", "a.tif", "--target", "b.tif"]
    code, sentence = said([*words, "--model", "m", *options], capsys)
    assert code == 2
    assert f"{options[0]} does not go with --context-sweep" in sentence


def test_a_sweep_has_one_target(capsys):
    words = ["evaluate", "--context-sweep", "--input", "a.tif", "--target", "b.tif", "c.tif"]
    code, sentence = said([*words, "--model", "m"], capsys)
    assert code == 2
    assert "one target, not 2" in sentence


def test_masks_that_cannot_be_used_are_refused(files, tmp_path, capsys):
    words = ["evaluate", "--restored", files["noisy"][0], "--target", files["truth"][0], "--mask"]
    empty = write_stack(tmp_path / "empty.tif", np.zeros(SHAPE, np.uint8))
    assert "The mask empty.tif is empty." in refused([*words, str(empty)], capsys)
    flat = write_stack(tmp_path / "flat.tif", np.ones((4, 24, 28), np.uint8))
    assert "The mask flat.tif and cell 0.tif have different sizes" in refused(
        [*words, str(flat)], capsys
    )
    one = np.zeros(SHAPE, np.uint8)
    one[3, 4, 5] = 1
    point = write_stack(tmp_path / "point.tif", one)
    assert "the same value inside the mask" in refused([*words, str(point)], capsys)


def test_stacks_that_cannot_be_compared_are_refused(files, tmp_path, capsys):
    words = ["evaluate", "--restored", files["noisy"][0], "--target"]
    flat = write_stack(tmp_path / "flat.tif", np.full(SHAPE, 7, np.uint16))
    assert "flat.tif has the same value everywhere." in refused([*words, str(flat)], capsys)
    small = write_stack(tmp_path / "small.tif", noisy((8, 24, 24)))
    assert "different sizes" in refused([*words, str(small)], capsys)
    broken = truth(0)
    broken[0, 0, 0] = np.nan
    hole = write_stack(tmp_path / "hole.tif", broken)
    assert "no numbers" in refused([*words, str(hole)], capsys)
    picture = str(tmp_path / "rgb.tif")
    tifffile.imwrite(picture, noisy((24, 28, 3), "uint8"), photometric="rgb")
    words = ["evaluate", "--restored", picture, "--target", picture]
    assert "colour picture" in refused(words, capsys)


def test_what_holds_no_labels_is_refused(files, tmp_path, capsys):
    image, _ = labels(tmp_path)
    words = ["evaluate", "--labels", "--restored", image, "--target"]
    assert "no whole numbers" in refused([*words, files["better"][0]], capsys)
    nothing = str(write_stack(tmp_path / "nothing.tif", np.zeros(SHAPE, np.uint8)))
    words = ["evaluate", "--labels", "--restored", nothing, "--target", nothing]
    assert "hold no labels" in refused(words, capsys)


def test_a_table_never_replaces_a_stack(files, capsys):
    words = ["evaluate", "--restored", files["noisy"][0], "--target", files["truth"][0]]
    before = Path(files["truth"][0]).read_bytes()
    code, sentence = said([*words, "--csv", files["truth"][0], "--overwrite"], capsys)
    assert code == 4
    assert "is one of the stacks" in sentence
    assert Path(files["truth"][0]).read_bytes() == before


def test_what_cannot_be_told_for_some_is_left_out_of_the_mean(files, capsys):
    words = ["evaluate", "--restored", files["truth"][0], files["noisy"][1], "--target"]
    assert main([*words, *files["truth"][:2], "--normalisation", "none", "--json"]) == 0
    output, errors = capsys.readouterr()
    answer = json.loads(output)
    scores = [row["values"]["psnr_db"] for row in answer["evaluation"]["scores"]]
    assert scores[0] is None
    assert answer["numbers"]["psnr_db"] == scores[1]
    assert "psnr_db cannot be told for 1 of 2 images" in errors
