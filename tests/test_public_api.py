"""What `uadispatch` exports is there, and is cheap until it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import uadispatch


@pytest.mark.parametrize("name", uadispatch.__all__)
def test_every_exported_name_is_there(name: str) -> None:
    assert getattr(uadispatch, name) is not None


def test_no_other_name_is_there() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = uadispatch.nonsense
    assert set(uadispatch._HOMES) | {"__version__"} == set(uadispatch.__all__)


def test_help_loads_no_library_that_it_does_not_need() -> None:
    code = (
        "import sys, uadispatch.cli.app\n"
        "print([n for n in ('pydantic', 'sqlalchemy', 'jinja2', 'pluggy', 'yaml') "
        "if n in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.strip() == "[]"
