import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.file_names import (
    DEFAULT_TEMPLATE,
    FORBIDDEN,
    NAME_FIELDS,
    filled,
    makes_one_name,
    name_problem,
    not_reserved,
    refuse_template,
    template_problem,
)

ALL = {"name": "cell", "scene": "scene2", "task": "denoised", "model": "m", "date": "2026-11-22"}


@pytest.mark.parametrize(
    ("template", "left_out", "name"),
    [
        (DEFAULT_TEMPLATE, "", "cell_denoised_m"),
        (DEFAULT_TEMPLATE, "model", "cell_denoised"),
        (DEFAULT_TEMPLATE, "task model", "cell"),
        (DEFAULT_TEMPLATE, "name", "denoised_m"),
        ("{model} - {name}", "model", "cell"),
        ("{name} ({model})", "", "cell (m)"),
        ("_{name}", "", "_cell"),
        ("{date} {name}.{scene}", "scene", "2026-11-22 cell"),
        ("{{{name}}}", "", "{cell}"),
        ("{name}...", "", "cell"),
        ("always", "", "always"),
    ],
)
def test_an_empty_field_takes_its_separator_along(template, left_out, name):
    values = {field: text for field, text in ALL.items() if field not in left_out.split()}
    assert filled(template, values) == name


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{name}_{tsk}", "unknown field {tsk}"),
        ("{}", "unknown field {}"),
        ("{0}", "unknown field {0}"),
        ("{name!r}", "unknown field {name!r}"),
        ("{name:>9}", "unknown field {name:>9}"),
        ("{name", "brace"),
        ("name}", "brace"),
        ("a/{name}", "'/'"),
        ("{name}?*", "'?*'"),
        ("", "empty"),
        ("{model}", "empty"),
        ("{scene} . {task}", "empty"),
    ],
)
def test_a_template_that_makes_no_names_is_refused_in_words(template, words):
    assert words in template_problem(template)
    with pytest.raises(UsageError) as caught:
        refuse_template(template)
    assert DEFAULT_TEMPLATE in caught.value.remedy


@given(
    st.lists(st.sampled_from([*(f"{{{name}}}" for name in NAME_FIELDS), "_", " ", ".", "x", "é"])),
    st.fixed_dictionaries({}, optional={name: st.sampled_from(["a", "b c"]) for name in ALL}),
)
def test_good_templates_always_make_a_name(pieces, values):
    template = "".join(pieces)
    if template_problem(template):
        return
    name = filled(template, {**values, "name": "cell", "date": "2026-11-22"})
    assert name
    assert name == name.rstrip(". ")
    assert not FORBIDDEN.search(name)
    assert not name_problem(not_reserved(name))


def test_what_tells_stacks_apart_is_their_name():
    assert makes_one_name("{task}_{date}")
    assert not makes_one_name("{date}{name}")


@pytest.mark.parametrize("name", ["con", "CON.tif", "nul.ome.tif", "Lpt1", "aux .x", "com²"])
def test_names_of_devices_are_told_and_mended(name):
    assert "Windows" in name_problem(name)
    assert not name_problem(not_reserved(name))


@pytest.mark.parametrize("name", ["console.tif", "com10.tif", "_con", "icon", "细胞.tif"])
def test_names_that_only_look_like_devices_are_fine(name):
    assert not name_problem(name)
    assert not_reserved(name) == name


@pytest.mark.parametrize(
    ("name", "words"),
    [("a:b.tif", "Leave out :"), ("a\nb", r"'\n'"), ("a. ", "dot or space"), ("细" * 84, "bytes")],
)
def test_other_names_that_cannot_be_are_told(name, words):
    assert words in name_problem(name)
