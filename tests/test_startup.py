"""What is loaded when: a command waits for no library before the step that needs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from uadispatch.cli.app import COMMANDS, gathered
from uadispatch.dispatch import journal

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli

FIRST_LOADED = {
    "the command line": {"typer", "annotated_doc", "shellingham"},
    "help": set(),
    "plugins": {
        "pluggy", "pydantic", "pydantic_core", "annotated_types", "typing_extensions",
        "typing_inspection",
    },
    "the campaign and its settings": {
        "pydantic_settings", "dotenv", "yaml", "email_validator", "idna", "phonenumbers",
        "tzdata",
    },
    "channels": set(),
    "a dry-run": {
        "rich", "jinja2", "markupsafe", "twitter_text", "typst", "pypdfium2", "pypdfium2_raw",
        "pypdfium2_cfg",
    },
}  # fmt: skip
"""Each step of a dry-run, and the libraries that may be loaded in it at the earliest. All others
(aiosmtplib, tweepy, requests, httpx, PIL, segno, sqlalchemy, lxml, ...) come after it: when a
message is sent, a page is looked at, or there is a journal; and langcodes for a language that is
not frequent."""

NEVER = ("smtplib", "http.client", "sqlite3", "uadispatch.testing")
"""Beside other people's libraries: costly too, and needed by no step."""

STEPS = """
import contextlib, importlib.util, io, json, sys, sysconfig
from pathlib import Path

folders = tuple({sysconfig.get_path(name) for name in ("purelib", "platlib")})
before = set(sys.modules)
found = []

def step(name):
    others = {
        module.partition(".")[0]
        for module, loaded in list(sys.modules.items())
        if module not in before and (getattr(loaded, "__file__", None) or "").startswith(folders)
    }
    found.append([name, sorted(others - {"uadispatch"}), sorted(NEVER & sys.modules.keys())])

def typed(*words):
    sys.argv = ["uadispatch", *words]
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
        main()
    return shown.getvalue()

from uadispatch.cli import main
from uadispatch.cli.app import COMMANDS
step("the command line")
for name in ("", *COMMANDS):
    assert typed(*name.split(), "--help").startswith("Usage: uadispatch"), name
step("help")
from uadispatch.channels.registry import Registry, discover
registry = Registry(discover())
assert not registry.broken
step("plugins")
from uadispatch.clock import SystemClock
from uadispatch.dispatch.planning.preparing import equip, prepare, read
source = read(Path(CAMPAIGN), registry)
step("the campaign and its settings")
prepare(source, *equip(source, SystemClock(), lenient=not READY))
step("channels")
shown = json.loads(typed("dry-run", CAMPAIGN, "--now", "2019-08-20T09:00Z", "--json"))
assert len(shown["messages"]) == 9
assert "Would go out" in typed("dry-run", CAMPAIGN, "--now", "2019-08-20T09:00Z")
step("a dry-run")
sys.stdout.write(json.dumps(found))
"""

BY_PERSON: dict[str, str] = {}
BY_PROGRAM = {
    "EMAIL_HOST": "127.0.0.1",
    "FAX_FROM_NUMBER": "+12025550123",
    "TWITTER_POSTING": "api",
    "TWITTER_ACCOUNT": "@example",
    "TWITTER_ACKNOWLEDGE_AUTOMATION_RULES": "true",
    "TWITTER_CONSUMER_KEY": "k",
    "TWITTER_CONSUMER_SECRET": "s",
    "TWITTER_ACCESS_TOKEN": "t",
    "TWITTER_ACCESS_TOKEN_SECRET": "s",
}
TELNYX = {"FAX_GATEWAY": "telnyx", "FAX_TELNYX_API_KEY": "k", "FAX_TELNYX_CONNECTION_ID": "1"}
SINCH = {
    "FAX_GATEWAY": "sinch",
    "FAX_SINCH_PROJECT_ID": "p",
    "FAX_SINCH_KEY_ID": "k",
    "FAX_SINCH_KEY_SECRET": "s",
}


@pytest.mark.parametrize(
    "settings",
    [BY_PERSON, BY_PROGRAM | TELNYX, BY_PROGRAM | SINCH],
    ids=["by a person", "by a program", "by another"],
)
def test_no_step_loads_a_library_before_its_time(
    tmp_path: Path, root: Path, settings: dict[str, str]
) -> None:
    for name in ("config", "templates"):
        shutil.copytree(root / name, tmp_path / name)
    campaign = tmp_path / "config/campaigns/ua-46-19.yaml"
    begin = f"CAMPAIGN = {str(campaign)!r}; READY = {bool(settings)}; NEVER = set({NEVER})\n"
    ran = subprocess.run(
        [sys.executable, "-c", begin + STEPS],
        check=False, capture_output=True, text=True, timeout=100,
        env=dict(os.environ) | {f"UADISPATCH_{name}": value for name, value in settings.items()},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    steps: list[Any] = json.loads(ran.stdout)
    assert [name for name, *_ in steps] == list(FIRST_LOADED)
    allowed: set[str] = set()
    for name, loaded, never in steps:
        allowed |= FIRST_LOADED[name]
        assert set(loaded) <= allowed, f"too early, in the step {name!r}"
        assert never == [], f"in the step {name!r}"
    # What was looked for is what is loaded: else it would be found missing nowhere.
    assert set(steps[-1][1]) == allowed


def test_a_journal_in_a_file_loads_nothing_of_a_server(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from uadispatch.dispatch.journal import Journal, consult, journal_url
url = journal_url(None, Path({str(tmp_path)!r}))
with Journal(url, write=True) as journal:
    journal.begin_life().close()
consult(url, lambda journal: journal.gist("46/19"))
print(sorted(name for name in sys.modules if "postgres" in name or "psycopg" in name))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_help_lists_every_command_as_its_own_page_begins() -> None:
    runner = CliRunner()
    whole = runner.invoke(gathered(), ["--help"])
    quick = runner.invoke(gathered(["--help"]), ["--help"])
    assert quick.output == whole.output
    for name in COMMANDS:
        words = [*name.split(), "--help"]
        assert runner.invoke(gathered(words), words).output == (
            runner.invoke(gathered(), words).output
        )


def test_a_command_is_found_behind_the_end_of_the_options(cli: Cli) -> None:
    ran = cli("--", "stop")
    assert (ran.code, "Missing argument 'CAMPAIGN'" in ran.err) == (2, True)


def test_no_command_is_run_that_is_only_listed() -> None:
    ran = CliRunner().invoke(gathered(["--help"]), ["stop"])
    assert isinstance(ran.exception, AssertionError)


@pytest.mark.parametrize("name", journal.__all__)
def test_the_journal_hands_on_every_name(name: str) -> None:
    assert getattr(journal, name) is not None


def test_the_journal_hands_on_no_other_name() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = journal.nonsense
    assert set(journal._HOMES) == set(journal.__all__)
