"""What is offered to restore with, and what is found by a name."""

import pytest

from gvtstudio.domain.errors import UsageError
from gvtstudio.io.offered_models import find_offered, offered_models
from gvtstudio.io.places import models_dir
from gvtstudio.tasks import TASKS, ZERO_SHOT
from tests.engine.stacks_for_tests import write_tiny_model


def test_what_needs_no_model_is_offered_last():
    offered = offered_models(ZERO_SHOT)
    assert [model.card.name for model in offered[-len(ZERO_SHOT) :]] == list(ZERO_SHOT)
    assert all((model.path is None) == (model.zero_shot is not None) for model in offered)


@pytest.mark.parametrize("name", ZERO_SHOT)
def test_the_card_says_what_it_is(name):
    found = find_offered(name, ZERO_SHOT)
    assert found.card.task in TASKS
    assert found.card.architecture in TASKS[found.card.task].architectures
    assert found.card.limits
    assert found.card.citation


def test_a_misspelt_name_gets_a_suggestion():
    with pytest.raises(UsageError) as caught:
        find_offered("noise2fats", ZERO_SHOT)
    assert "noise2fast" in caught.value.remedy


def test_a_model_of_that_name_is_never_passed_over_silently():
    folder = models_dir()
    folder.mkdir(parents=True, exist_ok=True)
    path = write_tiny_model(folder / "noise2fast.gvtmodel")
    with pytest.raises(UsageError, match="of yours"):
        find_offered("noise2fast", ZERO_SHOT)
    assert find_offered(str(path), ZERO_SHOT).path == path
