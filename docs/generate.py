"""Writes what can be made from the code, so that it cannot rot; ``make docs`` runs it.

``write`` writes every page, ``check`` names those that are not up to date, and the name of one
(``settings``, ``reference``) prints that one.
"""

from __future__ import annotations

import inspect
import json
import sys
from datetime import timedelta
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

import public_api
import typer
from matrix import matrix
from picture import picture
from pydantic import BaseModel, SecretStr
from reference import reference

from uadispatch import API_VERSION, Organisation
from uadispatch.campaign.described import described
from uadispatch.campaign.model import (
    Campaign,
    Letter,
    Person,
    Target,
    TargetFile,
    UrgentAction,
)
from uadispatch.campaign.schema import campaign_schema_text
from uadispatch.campaign.values import EmailAddress
from uadispatch.channels.rates import RateValue
from uadispatch.channels.registry import Registry, discover
from uadispatch.cli.app import gathered
from uadispatch.cli.common.loops import EngineSettings
from uadispatch.cli.log.events import EVENTS
from uadispatch.cli.log.events import FIELDS as LOG_FIELDS
from uadispatch.cli.log.events import schema as schema_of_log
from uadispatch.dispatch.sending.observing import ObserversSettings
from uadispatch.settings import PREFIX, Approval
from uadispatch.views.records import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 80
"""Columns of a ``--help`` page."""

SETTINGS_HEAD = f"""\
# Settings

<!-- Made from the code by `make docs`: edit the docstrings of the settings instead. -->

A setting stands in `config/uadispatch.toml` as `field = value` under its `[section]`, or in the
environment as `{PREFIX}<SECTION>_<FIELD>`. What is found first wins: the environment; `.env` in
the folder that holds `config/`; a file named like the variable, in lower case, in the folder that
`{PREFIX}SECRETS_DIR` names; `config/uadispatch.toml`. A password belongs in one of the first
three, or behind a password command, and never in `config/uadispatch.toml`.

A duration is written as `90 s`, `5 minutes`, `2 h` or `3 days`; a number alone means seconds. A
rate is written as `30/minute`, `2/hour` or `100/15 minutes`. It holds in every such length of time,
wherever that begins: messages are begun evenly, one after the other, by all runs together.
"""
CAMPAIGN_HEAD = """\
# The campaign file

<!-- Made from the code by `make docs`: edit the docstrings of the campaign's model instead. -->

One YAML 1.2 file holds one Urgent Action: the case, whom to write to, and the letter.
`config/campaigns/example.yaml` is one to begin from, `config/campaigns/ua-46-19.yaml` a real one.
With the first line

```yaml
# yaml-language-server: $schema=../campaign.schema.json
```

an editor checks it while you write. Whatever is wrong is named as `file:line:column`, with the
mend; a key that is not listed here is an error.

- Text is text: `country: NO` is Norway, and a telephone number needs no quotes. A name that begins
  with `@` does: `twitter: "@name"`.
- Phone and fax numbers are read in the country of the target's address: `202 232 5488` with
  `country: US` is +1 202 232 5488. What was written is kept beside it.
- The deadline is the last day where the target is. Without `timezone` it is the zone of its
  `country` whose day ends first, and without a country the first of the whole earth: never late.
- The letter has neither opening nor ending: each target is greeted with its own `salutation`, and
  [templates](templates.md) put the rest around it.
- Each target is written to in the first of its `languages` (else the campaign's) in which there is
  a letter. Where there is none, in the first letter of the file; dry-run says so.
- A message's identity is the Urgent Action's number, the `round`, the target's `id` and the
  channel. Within a round it goes out once, whatever else is edited, and one contact is never
  written to as two targets: the second is held for a person.
- Anchors, aliases, merge keys, tags and several documents in one file are refused.

## Targets from a file

Thousands of officials belong in a CSV file, as a spreadsheet saves it, named among the targets:

```yaml
targets:
  - {id: minister, name: Office of the Minister, country: KZ, email: minister@example.org}
  - file: officials.csv                # beside this file
    encoding: windows-1251             # utf-8 where nothing is said
    delimiter: ";"                     # a comma where nothing is said; tab is written tab
    columns: {name: Full name, salutation.ru: Обращение}
```

or, where they are all there are, `targets: {file: officials.csv}`. Rows stand where their file
stands. The first line names the columns. A column that is called as a field of a target, whatever
its case, spaces, hyphens and underscores, gives that field; `columns` maps fields to columns with
other names. There are also `salutation.LANGUAGE` for a greeting in one language and `contacts.CHANNEL`
for further channels. Languages stand one after the other, between spaces or commas. An empty cell
is a field that is not there. Columns that nothing uses are named.

A row obeys the rules of a target that is written here. One that does not is **rejected**: it is
counted by `dry-run`, `rehearse`, `approve` and `send`, shown with its line and the reason (the first
20 with `--json`, under `rejected`), nobody is written to for it, and the exit code is 1. `dry-run
--rejects FILE` writes all such rows to a file (`rejects.csv`, and those of a second file of targets
beside it, to `rejects-2.csv`); `rehearse` and `send` write them to
`.uadispatch/rejects/NUMBER-NAME.csv` of the home folder. A file that is there already and says
something else is never written over, since somebody may be mending it: `--rejects` refuses, the
others take the next free number. It holds contacts, and only you may read it; remove it when you
are done.

Such a file can be mended and named in the campaign, beside the first or in its place: the columns
as they were, then `line` and `reason`, with the delimiter of the first and in UTF-8 (so without its
`encoding`). What was not mended is rejected again: a row that cannot be parted into the columns
stands there whole, in the first of them, and a letter that could not be read is U+FFFD, which is
refused everywhere. So is a row in UTF-8 where a windows, iso-8859 or koi8 encoding is declared,
lest names be spoilt. A cell that a spreadsheet would take for a formula (it begins with `=`, `+`,
`-`, `@`, a tab or a line break) gets an apostrophe before it, as in an export. In any file of
targets such an apostrophe is no part of the cell.

It is an error, and nothing is sent, if an id stands twice (whatever its case, in one file, in two,
or written here), if a column is missing or is there twice, or if no row can be used. The files are
read once by each command, in a stream; their rows are part of the digest that is approved.
"""
CAMPAIGN_PARTS: dict[str, type[BaseModel]] = {
    "The whole file": Campaign,
    "urgent_action": UrgentAction,
    "urgent_action.people, each": Person,
    "targets, each": Target,
    "targets, a file of them": TargetFile,
    "letter, for each language": Letter,
}
CLI_HEAD = """\
# The command line

<!-- Made from the code by `make docs`: edit the docstrings of the commands instead. -->

Errors and progress go to standard error. With `--json` one JSON object goes to standard output
and everything in words to standard error.

| exit code | |
|---|---|
| 0 | all as asked |
| 1 | some messages failed, are in doubt, held, refused or cancelled, or you said no: a person must look |
| 2 | wrong usage or configuration; nothing more was sent |
| 3 | a guard refused every message: closed, expired, stopped, not approved, or its text is superseded |
| 4 | nothing failed, but messages wait until a later time |
| 130 | interrupted, with everything recorded |

What `status` says of a message, and what to do:

| state | what it means | what to do |
|---|---|---|
| `planned` | not yet tried | `send` |
| `planned`, held | a person must look first: the remark says at what | mend the campaign file, or install the channel |
| `planned`, stopped | a person stopped it | `resume` |
| `planned`, superseded | its text is of a document that a newer one has replaced | `send` from the campaign file that has the newer text |
| `claimed` | a try is on its way, in a run that is going on | wait |
| `retry` | it did not go out; another try has its time | `send` after that time, or `send --wait` |
| `planned`, waiting | it is night where the target is | `send` after that time, or `send --wait` |
| `accepted` | the server or gateway took it | by email nothing, it is not proof that it was read; by fax `confirm` |
| `confirmed` | the recipient has it | nothing |
| `in_doubt` | it may have gone out; the program never tries it again where it could arrive twice | `confirm` asks a fax gateway, or X; else ask the server's log for its Message-ID, or the recipient, then `resolve --sent` or `resolve --not-sent` |
| `failed` | it did not go out and will not | the remark says why; once the contact is mended, `mend` plans it again |
| `refused` | it cannot be sent as it is | the remark says why; once that is mended, `send` |
| `cancelled` | the deadline, a closing or a newer document came first | nothing; only a new `round` writes to that target |
| `with_person` | a person acts: calls, posts, sends a letter | `tasks`, then `record`; see [tasks.md](tasks.md) |
| `done` | a person has said what came of it | nothing; after no answer it stays among the `tasks` |

How far a command is, and `--log-json`: [progress.md](progress.md).

`dry-run` shows a `digest`: it stands for every text, target and template of the campaign, and
changes with each of them. `approve` takes it, and after any change `send` says what is different:
[approval.md](approval.md).
"""
EXPORT_HEAD = """\
# What an export holds

<!-- Made from the code by `make docs`: edit views/records.py instead. -->

`uadispatch export CAMPAIGN` writes all that the journal has of a campaign: one record for the
campaign, one for each message, followed by one for each of its moves, then one for each fact (a
closing, a stop, an opt-out of one of its contacts) and each mark (a contact of its that was
refused for good). Times are ISO 8601 in UTC. The texts are not
part of it: `uadispatch status CAMPAIGN MESSAGE` shows them.

It holds contacts. With `--output` only you may read the file; a purge of the journal does not
reach it.

- `--format jsonl`: a JSON object a line, in UTF-8. It is exact: take it for whatever a program
  reads. A record has the fields of its kind; what is not there is `null`.
- `--format csv`: RFC 4180 in UTF-8, with a line of names; texts in quotes, numbers without,
  nothing where nothing is. A text that a spreadsheet would take for a formula (it begins with
  `=`, `+`, `-`, `@`, a tab or a line break) gets an apostrophe before it: `'+77172506402`. In
  the spreadsheet, open it as text in UTF-8, or it makes a date of `12/18`.

| field | in | |
|---|---|---|
"""
PROGRESS_HEAD = """\
# Progress, and the log in JSON

<!-- Made from the code by `make docs`: edit cli/log/events.py and docs/generate.py instead. -->

Commands that take a while show how far they are: reading a file of targets, looking at many
messages, sending, rehearsing, asking services, importing many documents, making pages.

- **On a terminal** a bar, and beneath it how many of how many, how many a second of late, the time
  left, what has failed, is in doubt or will be tried again; then each channel that waits, until
  when and for what; then what went wrong last. When it is over nothing of it stays but the
  summary, with the first fifty messages that did not go out. `NO_COLOR` is heeded.
- **Elsewhere** (a pipe, a file, cron, `TERM=dumb`) a sentence on standard error, every five seconds
  at most and only if there is news: “1,204 of 100,000 tried, 310 a second, about 5 minutes left,
  3 failed, fax waits until 08:00 UTC for the end of the night there.” What ends sooner says none.

The time left is that of the slowest channel, each at its own pace of late. It is not told before
that pace is known, and “at least” where something waits that may be slow then.

## --log-json

With `--log-json` a command writes a JSON object a line to standard error, whatever happens, in
place of the sentences. Standard output stays as it is: words, or with `--json` one JSON object. The
words that would go to standard error are lines of the log, too.

```console
$ uadispatch send config/campaigns/ua-46-19.yaml --yes --json --log-json 2> run.jsonl
```

**It names nobody at risk.** Far ends repeat what they got, a subject for instance. In every field
of words, each word in which a part of a name stands (three letters or more, in any case, accents or
script of the same letters) is replaced by `[withheld]`: for the people of the campaign, how their
names are said, any two words that follow each other in its title or a subject, and the words with
capitals there. So are letters that nobody here can read, such as base64. Rather too much is
withheld than too little: of a person called Ali, “invalid” is withheld, too. Before a campaign was
read, nobody can tell whom words name: they are counted and not written. `import` writes none.

[progress.schema.json](progress.schema.json) has all of it as a JSON Schema. Events and fields may
be added; none is removed or renamed. A process that is killed, or is told twice to end, has no last
line.

| event | when | fields, beside `at` and `event` |
|---|---|---|
"""
TYPES: dict[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    Path: "path",
    SecretStr: "secret",
    EmailAddress: "email address",
    timedelta: "duration",
    RateValue: "rate",
}


def settings() -> str:
    """Every setting of the core and of the installed channels and observers."""
    sections: dict[str, tuple[str, type[BaseModel]]] = {
        "organisation": ("who speaks", Organisation),
        "approval": ("before a campaign may be sent", Approval),
        "engine": ("how messages are sent", EngineSettings),
    }
    registry = Registry(discover(None))
    for name, found in registry.channels.items():
        sections[name] = (f"the {name} channel", found.channel.Settings)
    sections["observers"] = ("those who are told of what was done", ObserversSettings)
    for observer in registry.observers:
        for name, model in observer.settings.items():
            sections[name] = (f"the observer {observer.plugin.partition(':')[2]}", model)
    parts = [SETTINGS_HEAD]
    for name, (title, model) in sections.items():
        parts.append(f"## [{name}]: {title}\n")
        own, docs = inspect.get_annotations(model), described(model)
        for field in sorted(model.model_fields, key=lambda field: field not in own):
            info = model.model_fields[field]
            facts = (_type(info.annotation) + _limits(info), _default(info))
            parts.append(f"### {name}.{field}\n")
            parts.append(f"`{f'{PREFIX}{name}_{field}'.upper()}`: {'; '.join(facts)}.\n")
            parts.append(docs.get(field, "").replace("``", "`") + "\n")
    return "\n".join(parts)


def campaign() -> str:
    """Every key of a campaign file, from the model that reads it."""
    parts = [CAMPAIGN_HEAD]
    for title, model in CAMPAIGN_PARTS.items():
        parts.append(f"## {title}\n\n| key | | |\n|---|---|---|")
        docs = described(model)
        for key, info in model.model_fields.items():
            needed = "required" if info.is_required() else ""
            says = " ".join(docs.get(key, "").replace("``", "`").split())
            parts.append(f"| `{key}` | {needed} | {says} |")
        parts[-1] += "\n"
    return "\n".join(parts)


def cli() -> str:
    """The ``--help`` page of every command."""
    parts = [CLI_HEAD]
    for name, page in _help_pages(typer.main.get_command(gathered()), "uadispatch"):
        lines = "\n".join(line.rstrip() for line in page.splitlines())
        parts.append(f"## {name}\n\n```text\n{lines}\n```\n")
    return "\n".join(parts)


def export() -> str:
    """Every field of an export."""
    rows = [f"| `{name}` | {field.records} | {field.says} |" for name, field in FIELDS.items()]
    return EXPORT_HEAD + "\n".join(rows) + "\n"


def progress() -> str:
    """Every event of a log, and every field."""
    parts = [PROGRESS_HEAD]
    for name, event in EVENTS.items():
        fields = ", ".join(f"`{field}`" for field in event.fields)
        parts.append(f"| `{name}` | {event.says} | {fields} |\n")
    parts.append("\n| field | holds | means |\n|---|---|---|\n")
    for name, field in LOG_FIELDS.items():
        holds = f"{field.kind}, or `null`" if field.may_be_null else field.kind
        parts.append(f"| `{name}` | {holds} | {field.says} |\n")
    return "".join(parts)


def progress_schema() -> str:
    """The JSON Schema of a line."""
    return json.dumps(schema_of_log(), indent=2) + "\n"


PAGES = {
    "campaign": (ROOT / "docs/campaign-file.md", campaign),
    "settings": (ROOT / "docs/settings.md", settings),
    "cli": (ROOT / "docs/cli.md", cli),
    "export": (ROOT / "docs/export.md", export),
    "progress": (ROOT / "docs/progress.md", progress),
    "progress-schema": (ROOT / "docs/progress.schema.json", progress_schema),
    "api": (public_api.record_of(API_VERSION), public_api.text),
    "picture": (ROOT / "docs/images/house.svg", picture),
    "matrix": (ROOT / "docs/channel-matrix.md", matrix),
    "reference": (ROOT / "docs/reference.md", reference),
    "schema": (ROOT / "config/campaign.schema.json", campaign_schema_text),
}


def main(wanted: str) -> int:
    """Do what `wanted` says; returns the exit code."""
    if wanted in PAGES:
        sys.stdout.write(PAGES[wanted][1]())
        return 0
    if wanted not in ("write", "check"):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    old = [path for path, page in PAGES.values() if _read(path) != page()]
    if wanted == "write":
        public_api.write()
        for path, page in PAGES.values():
            path.write_text(page(), encoding="utf-8")
        return 0
    for path in old:
        sys.stderr.write(f"{path.relative_to(ROOT)} is not up to date: run make docs\n")
    return 1 if old else 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _help_pages(command: Any, name: str, parent: Any = None) -> Iterator[tuple[str, str]]:
    """The name and page of `command`, and of every command below it."""
    context = command.context_class(
        command, info_name=name.rpartition(" ")[2], parent=parent, terminal_width=WIDTH
    )
    yield name, command.get_help(context)
    for below, subcommand in getattr(command, "commands", {}).items():
        yield from _help_pages(subcommand, f"{name} {below}", context)


def _type(annotation: Any) -> str:
    """A field's type in words."""
    if annotation in TYPES:
        return TYPES[annotation]
    if get_origin(annotation) is Literal:
        *most, last = (f"`{value}`" for value in get_args(annotation))
        return f"{', '.join(most)} or {last}" if most else last
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(_type(part) for part in get_args(annotation) if part is not NoneType)
    if get_origin(annotation) is tuple:
        return f"any of {_type(get_args(annotation)[0])}"
    if hasattr(annotation, "__metadata__"):  # Annotated[str, ...]
        return _type(annotation.__origin__)
    return f"`{getattr(annotation, '__name__', annotation)}`"


def _limits(info: FieldInfo) -> str:
    """What `Field(ge=..., gt=..., le=...)` says, in words."""
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    said = [
        f"{word} {_value(getattr(limit, kind))}"
        for limit in info.metadata
        for kind, word in words.items()
        if getattr(limit, kind, None) is not None
    ]
    return f", {' and '.join(said)}" if said else ""


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    default = info.get_default(call_default_factory=True, validated_data={})
    if default is None:
        return "optional"
    return f"by default {_value(default)}"


def _value(value: object) -> str:
    if isinstance(value, timedelta):
        for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
            number, rest = divmod(value.total_seconds(), size)
            if number and not rest:
                return f"{number:.0f} {unit}{'' if number == 1 else 's'}"
        return f"{value.total_seconds():g} seconds"
    if isinstance(value, tuple):
        return " and ".join(_value(part) for part in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
