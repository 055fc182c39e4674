"""What `uadispatch` exports is there."""

from __future__ import annotations

import pytest

import uadispatch


@pytest.mark.parametrize("name", uadispatch.__all__)
def test_every_exported_name_is_there(name: str) -> None:
    assert getattr(uadispatch, name) is not None


def test_no_other_name_is_there() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = uadispatch.nonsense
    assert set(uadispatch._HOMES) | {"__version__"} == set(uadispatch.__all__)
