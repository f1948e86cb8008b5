"""Numbers of papers and cases, as people type them."""

import pytest

from casework.core.numbering import as_written


@pytest.mark.parametrize(
    "typed",
    [
        "浙纪立〔2021〕6号",
        " 浙纪立（2021）6 号",
        "浙纪立(2021)6号",
        "浙纪立【2021】6号",
        "浙纪立[2021] 6号",
        "浙纪立（２０２１）６号",
    ],
)
def test_a_number_is_understood_however_its_brackets_were_typed(typed: str) -> None:
    assert as_written(typed) == "浙纪立〔2021〕6号"
