"""The contract's tests catch channels that break its promises, and cannot be weakened silently."""

from __future__ import annotations

from importlib import metadata

import pytest

from contractkit import TEST, outcomes, source
from uadispatch import Failure
from uadispatch.testing import SORTED
from uadispatch.testing.contract import reporting

pytest_plugins = ["pytester"]


def test_a_true_channel_passes_in_five_lines(pytester: pytest.Pytester) -> None:
    counted, shown = outcomes(pytester)
    assert counted.get("failed", 0) == 0
    assert counted["passed"] >= 20
    assert "it knows no opt-out" in shown


@pytest.mark.parametrize(
    ("fault", "caught_by"),
    [
        ({"send": "SERVICES[self.settings.service].take(message)"}, "sent_once"),
        ({"after": "Temporary"}, "silent_after"),
        ({"after": "Rejected"}, "garbage_after"),
        ({"after": "ValueError"}, "closed_after"),
        ({"secret": "str"}, "kept_as_secrets"),
        ({"send": "print(self.settings.token.get_secret_value())"}, "no_secret_is_shown"),
        (
            {"extra": "def __init__(self, s, t):\n        import socket; super().__init__(s, t); "
             "socket.socket().close()"},
            "open_nothing",
        ),
        (
            {"extra": "def check(self, m):\n        import socket; "
             "socket.create_connection(('127.0.0.1', 1))"},
            "open_nothing",
        ),
        (
            {"extra": "def preview(self, m):\n        from uadispatch import Preview; "
             "import random; return Preview(text=str(random.random()))"},
            "says_the_same",
        ),
        ({"extra": "def aclose(self): raise ValueError"}, "closes_twice"),
        ({"send": "return None"}, "sent_once"),
        (
            {"send": "from dataclasses import replace; message = replace(message, body='Other')"},
            "what_was_previewed",
        ),
        (
            {"extra": "def preview(self, m):\n        from uadispatch import Preview; "
             "return Preview(text=m.body, draw=lambda: (b'a page',))"},
            "what_was_previewed",
        ),
        ({"taken": "self.settings.token.get_secret_value()"}, "no_secret_is_shown"),
        ({"send": "return Receipt(says='taken')"}, "refused"),
    ],
)  # fmt: skip
def test_a_false_channel_is_caught(
    pytester: pytest.Pytester, fault: dict[str, str], caught_by: str
) -> None:
    counted, shown = outcomes(pytester, **fault)
    assert counted["failed"] >= 1
    assert any(caught_by in line for line in shown.splitlines() if line.startswith("FAILED"))


def test_overriding_a_test_is_an_error(pytester: pytest.Pytester) -> None:
    weak = TEST + "    def test_a_message_is_sent_once(self): pass\n"
    counted, shown = outcomes(pytester, test=weak)
    assert counted == {"errors": 1}
    assert "overrides test_a_message_is_sent_once" in shown


def test_mixing_a_weaker_test_in_is_an_error(pytester: pytest.Pytester) -> None:
    weak = TEST.replace(
        "class TestSms(ChannelContract)",
        "class Weak:\n    def test_a_message_is_sent_once(self): pass\n\n"
        "class TestSms(Weak, ChannelContract)",
    )
    counted, shown = outcomes(pytester, test=weak)
    assert counted == {"errors": 1}
    assert "overrides test_a_message_is_sent_once" in shown


def test_a_failure_is_left_out_only_with_a_reason_that_is_shown(
    pytester: pytest.Pytester,
) -> None:
    head = TEST.replace(
        "import ChannelContract", "import ChannelContract\nfrom uadispatch import Failure"
    )
    counted, shown = outcomes(
        pytester,
        after="Temporary",
        test=head + "    cannot_simulate = {f: 'the service is far away' for f in Failure}\n",
    )
    assert counted.get("failed", 0) == 0
    assert "the service is far away" in shown
    counted, shown = outcomes(
        pytester, test=head + "    cannot_simulate = {Failure.REFUSED: ' '}\n"
    )
    assert counted == {"errors": 1}
    assert "needs a reason" in shown


def test_every_failure_is_in_the_table() -> None:
    assert set(SORTED) == set(Failure)


MARKED = TEST.replace("class TestSms", "@pytest.mark.skip\nclass TestSms").replace(
    "from sms", "import pytest\nfrom sms"
)
FEW = f"{TEST}    many = 10\n"


@pytest.mark.parametrize(
    ("suite", "options", "says"),
    [
        (TEST, ["-k", "sent_once"], "were not run (deselected)"),
        (MARKED, [], "are marked skip"),
        (MARKED.replace("skip", "xfail"), ["-k", "secret"], "are marked xfail"),
        (FEW, ["-k", "secret"], "what messages cost was seen on 10 alone"),
    ],
    ids=["deselected", "skipped", "expected to fail", "fewer messages"],
)
def test_what_is_left_out_is_told(
    pytester: pytest.Pytester, suite: str, options: list[str], says: str
) -> None:
    pytester.makepyfile(sms=source(), test_sms=suite)
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", *options, plugins=told())
    shown = result.stdout.str()
    assert "the contract was not tested as a whole" in shown
    assert any(line.startswith("TestSms: ") and says in line for line in shown.splitlines())


def test_of_a_whole_test_nothing_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_other="def test_that(): pass\n")
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", plugins=told())
    assert "as a whole" not in result.stdout.str()


def told() -> list[object]:
    """The plugin that tells it, unless it was installed with the program."""
    names = {point.name for point in metadata.entry_points(group="pytest11")}
    return [] if "uadispatch" in names else [reporting]
