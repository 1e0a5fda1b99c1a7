"""Recipes on the command line: all options together, each refused where it means nothing."""

import pytest
import tifffile

from gvtstudio.__main__ import main
from gvtstudio.cli.simulate import all_parameters, default_words
from gvtstudio.simulation import RECIPES

SMALL = ["--size-z", "4", "--size-y", "24", "--size-x", "24"]


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_is_simulated(recipe, tmp_path, capsys):
    assert main(["simulate", "--recipe", recipe, "--out", str(tmp_path), *SMALL]) == 0
    printed = capsys.readouterr().out.splitlines()
    files = [tmp_path / kind / f"{recipe}_0000.ome.tif" for kind in ("noisy", "truth")]
    assert [str(path) for path in files] == printed
    assert tifffile.imread(files[0]).shape[-2:] == (24, 24)


def test_an_option_of_another_recipe_is_refused(tmp_path, capsys):
    out = tmp_path / "out"
    options = ["--recipe", "isotropic", "--debris", "3"]
    assert main(["simulate", "--out", str(out), *options, *SMALL]) == 2
    message = capsys.readouterr().err
    assert '"debris"' in message
    assert message.count("\n") == 1
    assert not out.exists()


def test_help_says_the_default_of_each_recipe():
    words = default_words()
    assert words["size_z"].startswith("32 for fluorescence-cells, 24 for label-free")
    assert words["haze"] == "0.35 for projection"
    assert {p.name for p in all_parameters()} == {
        parameter.name for recipe in RECIPES.values() for parameter in recipe.parameters
    }


def test_a_denoiser_is_not_trained_on_pairs_of_another_task(tmp_path, capsys):
    out = tmp_path / "m.gvtmodel"
    assert main(["train", "--simulate", "label-free", "--out", str(out)]) == 2
    assert 'no recipe for denoising "label-free"' in capsys.readouterr().err
    assert not out.exists()
