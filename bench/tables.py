"""What was measured, as tables in Markdown; each names the command that it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import commands as its_commands
from journal_table import head as head_of_sizes
from journal_table import row as row_of_sizes
from summary import Figure, Measured, short, times
from summary import ratios as beside

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Kept = dict[str, Any]

NONE = "–"  # noqa: RUF001 - as it stands in the tables written by hand
MB = 1e6


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """The first `left` columns are words, the others numbers."""
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    lines = (head, rule, *rows)
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def machine(kept: Kept) -> str:
    """Machine and versions."""
    versions = ", ".join(f"{name} {version}" for name, version in kept["versions"].items())
    rows = [*kept["machine"].items(), ("versions", versions), ("measured on", kept["date"]),
            ("by", f"`{kept['command']}`")]  # fmt: skip
    return table(("", ""), rows, left=2)


def contestants(kept: Kept) -> str:
    here = {run["contestant"] for run in kept["runs"]}
    rows = [(name, about) for name, about in kept["about"].items() if name in here]
    return table(("", "how it is set up"), rows, left=2)


def at(server: str, everything: Sequence[Measured]) -> str:
    """All contestants at one server, the fastest of each number of connections first."""
    here = [each for each in everything if each.server == server]
    here.sort(key=lambda each: (each.connections, -each.sending.median))
    rows = [
        (
            each.contestant, str(each.connections), f"{each.mails:,}", str(each.runs),
            str(each.sending), str(each.whole), str(each.cpu), short(each.memory.median),
        )
        for each in here
    ]  # fmt: skip
    head = (
        "", "connections", "mails in a run", "runs", "messages/s while sending",
        "messages/s, whole command", "CPU s for 1,000", "most memory, MB",
    )  # fmt: skip
    return table(head, rows)


def ratios(everything: Sequence[Measured]) -> str:
    """How many times as fast as each other one."""
    found = beside(everything)
    names = list(dict.fromkeys(name for each in found for name in each.others))
    rows = [
        (
            f"{each.server}, {each.connections}",
            f"{short(each.ours.sending.median)} ({each.ours.contestant})",
            *(times(each.others[name]) if name in each.others else NONE for name in names),
        )
        for each in found
    ]
    return table(("server, connections", "uadispatch, messages/s", *names), rows)


def sizes(kept: Kept) -> str:
    by_size: dict[int, list[dict[str, Any]]] = {}
    for run in kept["sizes"]["found"]:
        by_size.setdefault(run["messages"], []).append(run)
    rows = []
    for number, runs in by_size.items():
        planned = [run["planning"] for run in runs if run["planning"] is not None]
        rows.append(
            (
                f"{number:,}", str(len(runs)), _of(runs, "reading"), _of(runs, "dry_run"),
                str(Figure.of(planned)) if planned else NONE, _of(runs, "sending"),
                _of(runs, "dry_run_cpu"), _of(runs, "send_cpu"),
                _of(runs, "dry_run_memory", MB), _of(runs, "send_memory", MB),
            )
        )  # fmt: skip
    head = (
        "messages", "runs", "rows read/s", "dry-run, messages/s", "planned/s", "sent/s",
        "dry-run, CPU s for 1,000", "send, CPU s for 1,000", "dry-run, MB", "send, MB",
    )  # fmt: skip
    return _by(kept["sizes"]) + table(head, rows)


def startup(kept: Kept) -> str:
    found = {what: Figure.of(values) for what, values in kept["startup"]["found"].items()}
    rows = [(what, _milliseconds(figure)) for what, figure in found.items()]
    pairs = list(found.items())
    for (what, ours), (beside_it, bare) in zip(pairs[::2], pairs[1::2], strict=True):
        rows.append((f"{what}, times {beside_it}", f"{ours.median / bare.median:.2f}"))
    return _by(kept["startup"]) + table(("", "ms"), rows)


def journal(kept: Kept) -> str:
    rows = [
        (
            window, _of(runs, "engine"), _of(runs, "alone"),
            _milliseconds(Figure.of(run["commit"] for run in runs)),
        )
        for window, runs in kept["journal"]["found"].items()
    ]  # fmt: skip
    head = ("window", "engine, messages/s", "journal alone, messages/s", "one commit, ms")
    return _by(kept["journal"]) + table(head, rows, left=0)


def journal_sizes(kept: Kept) -> str:
    found = kept["journal sizes"]["found"]
    windows = [int(window) for window in found[0]["turns"]]
    lines = (head_of_sizes(windows), *(row_of_sizes(each) for each in found))
    return _by(kept["journal sizes"]) + "\n".join(lines)


def commands(kept: Kept) -> str:
    found = [its_commands.Found(**each) for each in kept["commands"]["found"]]
    return _by(kept["commands"]) + "\n".join(its_commands.lines(found))


def pages(kept: Kept) -> str:
    runs = kept["pages"]["found"]
    rates = (("letters", "letters"), ("the same letters again", "again"), ("fax pages", "faxes"))
    rows = [(f"{what}, a second", _of(runs, name)) for what, name in rates]
    rows.append(("the first letter, ms", _milliseconds(Figure.of(run["first"] for run in runs))))
    made = [
        (
            f"{int(number):,}", short(page["seconds"]), short(page["size"] / MB),
            short(page["first"] / 1e3), short(page["memory"] / MB),
        )
        for number, page in kept["dry-run pages"]["found"].items()
    ]  # fmt: skip
    head = ("messages", "dry-run with its page, s", "in all, MB", "first page, kB", "memory, MB")
    of_pages = _by(kept["pages"]) + table(("", ""), rows)
    return of_pages + "\n\n" + _by(kept["dry-run pages"]) + table(head, made, left=0)


def aims(everything: Sequence[Measured], figures: Kept) -> str:
    """What was to be reached, beside what was."""
    rows = [*_aims_of_sending(everything), *_aims_of_figures(figures)]
    head = ("what was aimed at", "aim", "measured", "reached")
    return table(head, rows)


def _aims_of_sending(everything: Sequence[Measured]) -> list[tuple[str, str, str, str]]:
    found = {(each.server, each.connections): each for each in beside(everything)}
    rows = []
    if here := found.get(("loopback", 10)):
        for name, least in (("smtp-source", 0.5), ("nodemailer", 4), ("mailmerge", 15)):
            for other, ratio in here.others.items():
                if other.startswith(name):
                    what = f"loopback, 10 connections, times {other}"
                    rows.append(_aim(what, f"at least {least}", ratio, ratio >= least))
    if far := found.get(("20 ms", 50)):
        rate = far.ours.sending.median
        rows.append(_aim("20 ms, 50 connections, messages/s", "at least 1,500", rate, rate >= 1500))
    return rows


def _aims_of_figures(figures: Kept) -> list[tuple[str, str, str, str]]:
    rows = []
    if "sizes" in figures:
        runs = figures["sizes"]["found"]
        middle = [run for run in runs if run["messages"] == 100_000]
        largest = [run for run in runs if run["messages"] == 1_000_000]
        for what, name, least in (
            ("rows of targets read/s, of 100,000", "reading", 10_000),
            ("dry-run of 100,000, messages/s", "dry_run", 20_000),
        ):
            if middle:
                rate = Figure.of(run[name] for run in middle).median
                rows.append(_aim(what, f"at least {least:,}", rate, rate >= least))
        for command in ("dry_run", "send"):
            rows += _aims_of_size(command, middle, largest)
    if "startup" in figures:
        pairs = list(figures["startup"]["found"].items())
        for (what, ours), (other, bare) in zip(pairs[::2], pairs[1::2], strict=True):
            ratio = Figure.of(ours).median / Figure.of(bare).median
            rows.append(_aim(f"`{what}`, times {other}", "at most 1.5", ratio, ratio <= 1.5))
    return rows


def _aims_of_size(
    command: str, middle: Sequence[Kept], largest: Sequence[Kept]
) -> list[tuple[str, str, str, str]]:
    if not (middle and largest):
        return []
    name = command.replace("_", "-")
    most, before = (
        Figure.of(run[f"{command}_memory"] / MB for run in runs).median
        for runs in (largest, middle)
    )
    cost, cost_before = (
        Figure.of(run[f"{command}_cpu"] for run in runs).median for runs in (largest, middle)
    )
    return [
        _aim(f"{name} of 1,000,000: most memory, MB", "below 200", most, most < 200),
        _aim(
            "the same, times that of 100,000", "at most 1.1", most / before, most <= before * 1.1
        ),
        _aim(
            f"{name} of 1,000,000: CPU for a message, times that of 100,000", "does not grow",
            cost / cost_before, cost <= cost_before * 1.05,
        ),
    ]  # fmt: skip


def _aim(what: str, aim: str, value: float, reached: object) -> tuple[str, str, str, str]:
    return what, aim, short(value), "yes" if reached else "**no**"


def _by(part: Kept) -> str:
    return f"`{part['command']}`:\n\n"


def _of(runs: Sequence[Kept], name: str, unit: float = 1) -> str:
    return str(Figure.of(run[name] / unit for run in runs))


def _milliseconds(figure: Figure) -> str:
    return str(Figure(figure.median * 1000, figure.least * 1000, figure.most * 1000))
