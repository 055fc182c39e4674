"""What an import does to a run that is going on: a closing, a doubtful one, a newer document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from clikit import mail_server, start, states, until, write_campaign
from uadispatch.testing.far_ends.smtp import late

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Use

CLOSING = """\
URGENT ACTION

TEACHER RELEASED
{name} was released on 3 May 2029 and is with her family in Almaty, Kazakhstan.

NO FURTHER ACTION IS REQUESTED. MANY THANKS TO ALL WHO SENT APPEALS.

NAME AND PRONOUN: {name} (she/her)

THIS IS THE SECOND AND FINAL OUTPUT FOR UA {number}
"""


def home_of(folder: Path, count: int) -> Path:
    """A campaign for A. Person with officials t0, t1, ...; its file."""
    file = write_campaign(folder, count)
    text = file.read_text().replace(
        "country: KZ, deadline", "country: KZ, people: [{name: Aliya Testova}], deadline", 1
    )
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("number", "code", "left"), [("46/30", 0, "cancelled"), ("46/10", 1, "planned")]
)
def test_a_closing_that_is_imported_stops_a_run_before_its_next_message(
    tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch,
    number: str, code: int, left: str,
) -> None:  # fmt: skip
    file = home_of(tmp_path, 40)
    monkeypatch.chdir(tmp_path)
    document = tmp_path / "final.txt"
    document.write_text(CLOSING.format(name="Aliya Testova", number=number))
    with mail_server() as server:
        use(server)
        server.at("dot", late(0.5))  # the import has time
        process = start("send", file, "--yes", "--json")
        until(lambda: server.mails)
        ran = cli("import", document)
        begun = len(server.mails) + 1  # one may be on its way
        server.clear()
        out, _ = process.communicate(timeout=60)
        assert ran.code == code
        assert len(server.mails) <= begun
        sent = len(server.mails)
        assert json.loads(out)["states"] == {"accepted": sent, left: 40 - sent}
        assert cli("send", file, "--yes").code == 3
        assert len(server.mails) == sent
        if left == "planned":
            assert cli("import", document, "--closes", file).code == 0
            assert states(cli, file) == {"accepted": sent, "cancelled": 40 - sent}
        # What was counted stays counted, and an older copy that says open changes nothing.
        file.write_text(file.read_text().replace("status: closed", "status: open"))
        assert cli("send", file, "--yes").code == 3
        assert len(server.mails) == sent
