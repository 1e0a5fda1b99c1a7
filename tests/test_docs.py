"""The manual builds without a warning and needs nothing from the internet."""

import re
from pathlib import Path

import pytest

from gvtstudio.cli import COMMANDS
from gvtstudio.networks import ARCHITECTURES
from tests import rules

ELSEWHERE = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']?(https?:)?//""")


def build(root: Path, site: Path):
    return rules.run_python(root, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site))


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    answer = build(root, folder)
    assert answer.returncode == 0, answer.stderr
    return folder


def test_every_page_is_in_the_contents(root: Path, site: Path):
    sources = sorted((root / "docs").rglob("*.md"))
    start = (site / "index.html").read_text(encoding="utf-8")
    assert len(sources) > 10
    for source in sources:
        page = source.relative_to(root / "docs").with_suffix(".html").as_posix()
        assert (site / page).is_file()
        assert f'href="{page}"' in start


def test_pages_load_nothing_from_elsewhere(site: Path):
    for page in site.rglob("*.html"):
        assert not ELSEWHERE.search(page.read_text(encoding="utf-8")), page


def test_the_reference_has_every_command(site: Path):
    page = (site / "user" / "command-line.html").read_text(encoding="utf-8")
    assert "{{" not in page
    assert [name for name in COMMANDS if f"gvtstudio {name}" not in page] == []
    assert "--overwrite" in page


def test_the_page_of_architectures_has_every_network_with_its_layers(site: Path):
    page = (site / "user" / "architectures.html").read_text(encoding="utf-8")
    assert "{{" not in page
    for name, spec in ARCHITECTURES.items():
        section = page.split(f'<h2 id="{name}">')[1].split("<h2")[0]
        assert f"{spec.parameter_count:,}" in section
        assert section.count("<tr>") > 8


def test_a_broken_link_is_noticed(root: Path, tmp_path: Path):
    tree = rules.copy_tree(root, tmp_path / "tree")
    rules.copy_docs(root, tree)
    with (tree / "docs" / "index.md").open("a", encoding="utf-8") as page:
        page.write("\n[nowhere](user/nowhere.md)\n")
    answer = build(tree, tmp_path / "site")
    assert answer.returncode != 0
    assert "nowhere.md" in answer.stderr + answer.stdout


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_links_of_the_front_pages_lead_somewhere(root: Path, name: str):
    text = (root / name).read_text(encoding="utf-8")
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [target for target in targets if not target.startswith("http")]
    assert [target for target in local if not (root / target).exists()] == []
