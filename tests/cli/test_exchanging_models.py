"""``gvtstudio models export`` and ``import``."""

import json
import zipfile

from gvtstudio.__main__ import main


def test_a_model_goes_out_and_comes_back(tiny_model, tmp_path, capsys):
    out = tmp_path / "tiny.zip"
    words = ["models", "export", str(tiny_model), "--out", str(out), "--author", "A. Nonymous"]
    assert main(words) == 0
    assert capsys.readouterr().out == f"tiny is exported as tiny.zip.\n{out}\n"
    assert "rdf.yaml" in zipfile.ZipFile(out).namelist()
    assert main(words) == 4
    assert main([*words, "--overwrite"]) == 0
    capsys.readouterr()
    assert main(["models", "import", str(tiny_model), "--json"]) == 0
    assert "tiny is imported" in json.loads(capsys.readouterr().out)["verdict"]
    assert main(["models", "show", "tiny"]) == 0
    assert main(["models", "import", str(tiny_model)]) == 4


def test_what_is_missing_is_said(tiny_model, tmp_path, capsys):
    for words, said in (
        (["export", str(tiny_model)], "--out"),
        (["export"], "which model to export"),
        (["import"], "which model to import"),
        (["show"], "which model to show"),
    ):
        assert main(["models", *words]) == 2
        assert said in capsys.readouterr().err
    assert main(["models", "import", str(tmp_path / "gone.gvtmodel")]) == 3
