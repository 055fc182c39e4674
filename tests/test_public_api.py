"""What `uadispatch` exports is there, and is what was written down."""

from __future__ import annotations

import sys
import types
import warnings
from typing import TYPE_CHECKING

import public_api
import pytest

import uadispatch
import uadispatch.testing
from uadispatch.deprecations import (
    LEAVING,
    Leaving,
    UadispatchDeprecationWarning,
    deprecated,
    wrong_with,
)

if TYPE_CHECKING:
    from pathlib import Path

OLD = {
    "uadispatch.Sent": Leaving(
        home="uadispatch.channels.message:Receipt", since="0.1", until="0.2", instead="Receipt"
    )
}


@pytest.mark.parametrize("name", uadispatch.__all__)
def test_every_exported_name_is_there(name: str) -> None:
    assert getattr(uadispatch, name) is not None


@pytest.mark.parametrize("name", uadispatch.testing.__all__)
def test_every_name_for_tests_is_there(name: str) -> None:
    assert getattr(uadispatch.testing, name) is not None


def test_no_other_name_is_there() -> None:
    for module in (uadispatch, uadispatch.testing):
        with pytest.raises(AttributeError, match="nonsense"):
            _ = module.nonsense
    assert set(uadispatch._HOMES) | {"API_VERSION", "__version__"} == set(uadispatch.__all__)
    assert set(uadispatch.testing._HOMES) == set(uadispatch.testing.__all__)


def test_the_api_is_what_was_written_down() -> None:
    gone, new = public_api.changes()
    told = [f"- {line}" for line in gone] + [f"+ {line}" for line in new]
    assert not told, (
        "the public API has changed. What is gone or changed breaks plugins: deprecate it first "
        "(docs/compatibility.md), or raise the major number of API_VERSION; what is new raises the "
        "minor one, once its version was released. Then: make docs\n" + "\n".join(told)
    )


def test_what_was_released_is_never_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_api, "RECORDS", tmp_path)
    record = public_api.record_of(uadispatch.API_VERSION)
    public_api.write()
    text = record.read_text()
    assert text.splitlines()[0] == f"API {uadispatch.API_VERSION}, unreleased"
    record.write_text(text.replace("def(self, message: Message) -> None", "def(self) -> None"))
    public_api.write()
    assert record.read_text() == text
    released = text.replace("unreleased", "released", 1)
    record.write_text(released)
    public_api.write()
    assert record.read_text() == released
    record.write_text(released.replace("uadispatch.Receipt: class", "uadispatch.Slip: class"))
    assert [len(lines) for lines in public_api.changes()] == [1, 1]
    with pytest.raises(SystemExit, match="raise API_VERSION"):
        public_api.write()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("retry_after: timedelta | None = ...", "retry_after: timedelta | None"),
        ("async def(self, message: Message) -> Receipt | Handover", "def(self, message)"),
        ("uadispatch.Failure.REFUSED", "uadispatch.Failure.DENIED"),
        ("uadispatch.testing.WebStandIn: class(StandIn)", "uadispatch.testing.WebStandIn: class"),
    ],
)
def test_each_part_of_a_form_is_written_down(before: str, after: str) -> None:
    text = public_api.text()
    assert before in text
    assert text.replace(before, after) != text


def test_what_is_to_go_is_in_order() -> None:
    assert wrong_with(LEAVING, uadispatch.__version__) == []


@pytest.mark.parametrize(
    ("version", "says"),
    [("0.0.9", "yet to come"), ("0.1.0", ""), ("0.1.7", ""), ("0.2.0", "was to go with 0.2")],
)
def test_a_name_stays_for_one_minor_version(version: str, says: str) -> None:
    found = wrong_with(OLD, version)
    assert says in "".join(found)
    assert bool(found) == bool(says)
    short = {"uadispatch.Sent": Leaving(home="a:b", since="0.1", until="0.1", instead="b")}
    assert "one minor version" in "".join(wrong_with(short, "0.1.0"))


def test_an_old_name_still_works_and_warns_whoever_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uadispatch.deprecations.LEAVING", OLD)
    with pytest.warns(
        UadispatchDeprecationWarning, match="use Receipt; it stays until version 0.2"
    ):
        assert uadispatch.Sent is uadispatch.Receipt
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert uadispatch.Receipt is not None


def test_an_old_function_still_works_and_warns() -> None:
    @deprecated(since="0.1", until="0.2", instead="new()")
    def old(number: int) -> int:
        """It adds one."""
        return number + 1

    with pytest.warns(UadispatchDeprecationWarning, match="use new") as caught:
        assert old(1) == 2
    assert caught[0].filename == __file__
    assert old.__doc__ == "It adds one."
    assert isinstance(old, types.FunctionType)


def test_the_page_says_what_is_said_of_another_api(root: Path) -> None:
    from uadispatch.channels.requiring import check_api
    from uadispatch.errors import PluginError

    page = (root / "docs/compatibility.md").read_text(encoding="utf-8")
    with pytest.raises(PluginError) as caught:
        check_api("2.0")
    assert f"<!-- tested: other API -->\n```text\n{caught.value}\n```" in page
    assert sys.version_info >= (3, 11)
