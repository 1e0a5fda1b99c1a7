import pytest
import torch

from gvtstudio.domain.errors import ResourcesMissing, UsageError
from gvtstudio.prediction.device import choose_device, choose_precision, cpu_has_bfloat16


def test_auto_takes_a_card_only_where_there_is_one():
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert choose_device("cpu") == torch.device("cpu")


def test_a_card_that_is_not_there_is_refused_with_a_remedy():
    with pytest.raises(ResourcesMissing) as refused:
        choose_device("cuda:99")
    assert "--device cpu" in refused.value.remedy


@pytest.mark.parametrize("name", ["cdua", "cuda:x", "gpu", ""])
def test_an_unknown_device_is_refused(name: str):
    with pytest.raises(UsageError):
        choose_device(name)


def test_automatic_precision_is_what_the_processor_has():
    expected = "bfloat16" if cpu_has_bfloat16() else "float32"
    assert choose_precision("auto", torch.device("cpu")) == expected
    assert choose_precision("float32", torch.device("cpu")) == "float32"
