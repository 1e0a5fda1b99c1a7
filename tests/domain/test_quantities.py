import pytest

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.quantities import bytes_from


@pytest.mark.parametrize(
    ("text", "amount"),
    [("auto", 0), ("", 0), ("512", 512), ("4GB", 4 * 10**9), ("4 gb", 4 * 10**9), ("2GiB", 2**31)],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: int):
    assert bytes_from(text) == amount


@pytest.mark.parametrize("text", ["much", "4XB", "-3GB", "0GB", "GB", "4,5GB"])
def test_what_is_no_amount_is_refused_with_an_example(text: str):
    with pytest.raises(UsageError, match="no amount") as refused:
        bytes_from(text)
    assert "4GB" in refused.value.remedy
