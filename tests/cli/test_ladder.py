"""Each last line names the next step, with the options that were given."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from casekit import TOML
from clikit import mail_server
from uadispatch.testing.far_ends.smtp import CLOSE, reply

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Ran, Use

CAMPAIGN = """\
urgent_action: {number: 46/30, title: A case, country: KZ, deadline: 2199-09-27}
channels: [email, phone]
targets:
  - {id: t0, name: Official 0, country: KZ, email: t0@example.org, phone: "+7 7172 506 402"}
  - {id: t1, name: Official 1, country: KZ, email: t1@example.org}
letter:
  en: {subject: Release A. Person, text: "I am writing to you."}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A campaign that must be approved before it is sent."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/uadispatch.toml").write_text(f"{TOML}\n[approval]\nrequired = true\n")
    file = tmp_path / "ua.yaml"
    file.write_text(CAMPAIGN)
    return file


def next_step(ran: Ran) -> str:
    """The last line."""
    (line,) = [line for line in ran.out.splitlines() if "Next: " in line]
    assert line == ran.out.splitlines()[-1]
    return line.partition("Next: ")[2]


def words(step: str) -> list[str]:
    """What to type; whoever approves types a name."""
    typed = shlex.split(step.partition("; ")[0])
    assert typed.pop(0) == "uadispatch"
    return ["Ann Other" if word == "NAME" else word for word in typed]


def test_whoever_types_what_each_last_line_says_comes_from_the_dry_run_to_the_report(
    file: Path, cli: Cli, use: Use
) -> None:
    taken = []
    step = f"uadispatch dry-run {file}"
    with mail_server() as server:
        use(server)
        while words(step)[0] != "report":
            typed = words(step)
            taken.append(" ".join(word for word in typed if word != str(file)))
            assert len(taken) < 12, taken
            ran = cli(*typed, answer="reached\nI spoke to her\n" if "--do" in typed else "y\n")
            assert ran.code == 0, ran.words
            step = next_step(ran)
        assert [mail.recipients for mail in server.mails] == [
            ("t0@example.org",), ("t1@example.org",),
        ]  # fmt: skip
    digest = cli("dry-run", file, "--json").json["digest"]
    assert taken == [
        "dry-run", "rehearse", f"approve {digest[:12]} --by Ann Other", "send --limit 1", "send",
        "tasks", "tasks --do",
    ]  # fmt: skip
    assert words(step) == ["report", str(file)]
    assert cli(*words(step)).code == 0
    assert words(next_step(cli("dry-run", file))) == ["report", str(file)]


def test_the_options_that_were_given_are_in_it(file: Path, cli: Cli, tmp_path: Path) -> None:
    journal = str(tmp_path / "another.db")
    given = ["--channel", "email", "--target", "t1", "--journal", journal]
    at = ["--now", "2030-01-02T09:00Z"]
    assert sorted(words(next_step(cli("dry-run", file, *given, *at)))) == sorted(
        ["rehearse", str(file), *given, *at]
    )
    ran = cli("rehearse", file, *given, *at)
    digest = cli("dry-run", file, "--json").json["digest"]
    approve = ["approve", str(file), digest[:12], "--by", "Ann Other", "--journal", journal]
    assert words(next_step(ran)) == approve
    assert cli(*approve).code == 0
    ran = cli("rehearse", file, *given, *at)
    assert sorted(words(next_step(ran))) == sorted(["send", str(file), *given, "--limit", "1"])


def test_after_a_change_the_rehearsal_names_the_approval_again(file: Path, cli: Cli) -> None:
    step = words(next_step(cli("rehearse", file)))
    assert cli(*step).code == 0
    assert words(next_step(cli("rehearse", file)))[0] == "send"
    file.write_text(CAMPAIGN.replace("Release", "Free"))
    again = words(next_step(cli("rehearse", file)))
    assert again[0] == "approve"
    assert again != step


def unapproved(file: Path) -> None:
    (file.parent / "config/uadispatch.toml").write_text(TOML)


def test_what_is_in_doubt_is_settled_before_the_rest_is_sent(
    file: Path, cli: Cli, use: Use
) -> None:
    unapproved(file)
    with mail_server() as server:
        use(server)
        server.at("dot", CLOSE)
        ran = cli("send", file, "--limit", "1", "--yes")
    step = next_step(ran)
    assert step.startswith("find out whether t0/email arrived, then: uadispatch resolve ")
    assert f"uadispatch resolve {file} t0/email --sent (or --not-sent)" in step
    assert step.endswith(f"after that: uadispatch send {file}")
    assert cli("resolve", file, "t0/email", "--sent").code == 0


def test_of_many_in_doubt_status_lists_which(file: Path, cli: Cli, use: Use) -> None:
    unapproved(file)
    with mail_server() as server:
        use(server)
        server.at("dot", CLOSE)
        step = next_step(cli("send", file, "--yes"))
    assert step.startswith(f"find out which of the 2 in doubt arrived (uadispatch status {file} ")
    assert f"uadispatch resolve {file} TARGET/CHANNEL --sent (or --not-sent)" in step
    assert step.endswith(f"after that: uadispatch tasks {file}")


def test_a_contact_that_failed_is_mended(file: Path, cli: Cli, use: Use) -> None:
    unapproved(file)
    with mail_server() as server:
        use(server)
        server.at("rcpt", reply(550, "5.1.1 No such mailbox here"), recipient="t1@example.org")
        step = next_step(cli("send", file, "--yes"))
    assert step == (
        f"mend the contacts that failed in the file, then: uadispatch mend {file} --all; "
        f"after that: uadispatch tasks {file}"
    )


def test_where_nothing_was_taken_the_reason_comes_first(file: Path, cli: Cli, use: Use) -> None:
    unapproved(file)
    with mail_server() as server:
        use(server)
        server.at("rcpt", reply(550, "5.7.1 We do not relay"))
        step = next_step(cli("send", file, "--channel", "email", "--limit", "1", "--yes"))
    assert step == (
        f"nothing was taken; see why: uadispatch status {file}; "
        f"after that: uadispatch send {file} --channel email"
    )


def test_what_is_held_is_looked_at(file: Path, cli: Cli, use: Use) -> None:
    unapproved(file)
    file.write_text(CAMPAIGN.replace("t1@", "t0@"))
    with mail_server() as server:
        use(server)
        step = next_step(cli("send", file, "--yes"))
    assert step == (
        f"see what is held or refused, and why: uadispatch status {file}; "
        f"after that: uadispatch tasks {file}"
    )


def test_what_looks_after_people_and_services_names_what_is_left_of_all(
    file: Path, cli: Cli, use: Use
) -> None:
    unapproved(file)
    with mail_server() as server:
        use(server)
        cli("send", file, "--yes", "--channel", "phone")
        assert words(next_step(cli("tasks", file))) == ["tasks", str(file), "--do"]
        assert words(next_step(cli("record", file, "t0/phone", "reached"))) == ["send", str(file)]
        assert words(next_step(cli("tasks", file, "--target", "t0"))) == ["send", str(file)]
        assert words(next_step(cli("send", file, "--yes"))) == ["report", str(file)]
    for command in ("tasks", "confirm", "dry-run"):
        assert words(next_step(cli(command, file))) == ["report", str(file)]


def test_a_doubt_comes_before_the_report_wherever_nothing_is_left(
    file: Path, cli: Cli, use: Use
) -> None:
    unapproved(file)
    with mail_server() as server:
        use(server)
        server.at("dot", CLOSE, recipient="t1@example.org")
        cli("send", file, "--yes", "--channel", "email")
        narrow = ["--channel", "email"]
        for command in ("dry-run", "rehearse"):
            step = next_step(cli(command, file, *narrow))
            assert step.startswith("find out whether t1/email arrived, then: uadispatch resolve ")
            assert step.endswith(f"after that: uadispatch report {file}")
        assert cli("resolve", file, "t1/email", "--sent").code == 0
        for command in ("dry-run", "rehearse"):
            assert words(next_step(cli(command, file, *narrow))) == ["report", str(file)]
        assert words(next_step(cli("rehearse", file)))[0] == "send"


@pytest.mark.parametrize("over", ["stop", "close"])
def test_a_rehearsal_of_what_is_over_does_not_send_anybody_on(
    file: Path, cli: Cli, over: str
) -> None:
    assert cli(over, file, "--because", "the lawyers ask for it").code == 0
    step = next_step(cli("rehearse", file, "--now", "2030-01-02T09:00Z"))
    said, _, command = step.partition(": ")
    assert said == "nothing can be sent as it is; see why"
    seen = cli(*words(command))
    assert "the lawyers ask for it" in seen.words


def test_what_is_stopped_is_resumed_by_what_stop_and_send_say(file: Path, cli: Cli) -> None:
    unapproved(file)
    for ran in (cli("stop", file, "--because", "wait"), cli("send", file, "--yes")):
        said, _, command = ran.out.splitlines()[-1].partition(": ")
        assert said == "Next, once it may go on"
        assert words(command) == ["resume", str(file)]
    assert cli(*words(command)).code == 0
    assert words(next_step(cli("dry-run", file)))[0] == "rehearse"


def test_an_approval_of_what_has_gone_out_leads_to_the_report(
    file: Path, cli: Cli, use: Use
) -> None:
    file.write_text(CAMPAIGN.replace("[email, phone]", "[email]"))
    digest = cli("dry-run", file, "--json").json["digest"]
    approve = ["approve", file, digest, "--by", "Ann Other"]
    assert words(next_step(cli(*approve)))[0] == "send"
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes").code == 0
    assert words(next_step(cli(*approve))) == ["report", str(file)]
