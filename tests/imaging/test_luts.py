"""Every look-up table is a table, and the named ones look as their names say."""

import numpy as np
import pytest

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.settings import SETTINGS
from gvtstudio.imaging.luts import GAMMA_STEPS, LUTS, Colouring, lookup_table
from gvtstudio.imaging.panel.painted import NOT_A_NUMBER


@pytest.mark.parametrize("name", LUTS)
def test_every_table_has_256_colours_that_differ(name):
    table = lookup_table(name)
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    assert len(np.unique(table, axis=0)) > (15 if name == "16_colors" else 128)
    assert not table.flags.writeable


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("gray", (0, 0, 0), (255, 255, 255)),
        ("magenta", (0, 0, 0), (255, 0, 255)),
        ("hilo", (0, 0, 255), (255, 0, 0)),
        ("viridis", (68, 1, 84), (253, 231, 37)),
        ("fire", (0, 0, 0), (255, 255, 255)),
    ],
)
def test_ends_of_a_table(name, lowest, highest):
    table = lookup_table(name)
    assert np.abs(table[0].astype(int) - lowest).max() <= 2
    assert np.abs(table[-1].astype(int) - highest).max() <= 2


def test_hilo_is_gray_between_its_ends():
    between = lookup_table("hilo")[1:-1]
    assert np.array_equal(between[:, 0], between[:, 1])
    assert np.array_equal(between[:, 0], between[:, 2])


def test_every_table_offered_in_the_settings_exists():
    offered = next(row.choices for row in SETTINGS if row.name == "lut")
    assert set(offered) == set(LUTS)


def test_a_wrong_name_gets_the_nearest_one():
    with pytest.raises(UsageError) as caught:
        lookup_table("virids")
    assert "viridis" in caught.value.sentence()


@pytest.mark.parametrize("name", LUTS)
def test_no_table_has_the_colour_of_what_is_no_number(name):
    assert not (lookup_table(name) == NOT_A_NUMBER).all(axis=1).any()


def test_label_colours_differ_from_one_another_and_from_the_ground():
    table = lookup_table("glasbey").astype(int)
    assert table[0].tolist() == [0, 0, 0]
    assert len(np.unique(table, axis=0)) == 256
    assert (table[1:] @ [0.2126, 0.7152, 0.0722]).min() >= 25


@pytest.mark.parametrize("gamma", [0.2, 0.5, 2.0, 5.0])
def test_a_gamma_bends_the_steps_and_keeps_the_ends(gamma):
    table = Colouring(gamma=gamma).table[:, 0]
    assert (table[0], table[-1]) == (0, 255)
    middle = (GAMMA_STEPS // 4) / (GAMMA_STEPS - 1)
    assert table[GAMMA_STEPS // 4] == round(middle**gamma * 255)
    assert (np.diff(table.astype(int)) >= 0).all()


def test_inverted_is_the_table_turned_round():
    assert np.array_equal(Colouring("fire", is_inverted=True).table, lookup_table("fire")[::-1])


def test_neither_gamma_nor_inversion_touches_label_colours():
    bent = Colouring("glasbey", 0.5, is_inverted=True)
    assert np.array_equal(bent.table, lookup_table("glasbey"))
    assert bent.flag == ""
