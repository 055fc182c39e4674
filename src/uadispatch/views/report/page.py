"""The report as one page for the browser: what stands on it, and its charts.

It loads nothing and names no contact; what has no room on it stands in the CSV file.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from uadispatch.dispatch.states import State
from uadispatch.rendering.html import page
from uadispatch.views.report import words
from uadispatch.views.report.charts import PAINTS, Series, columns, rows
from uadispatch.views.report.counting import End, Standing, Unit
from uadispatch.views.report.shape import EXPLAINED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uadispatch.dispatch.journal import Line, Outline
    from uadispatch.views.report.charts import Chart
    from uadispatch.views.report.counting import Report

__all__ = ["TARGETS", "html", "name_of"]

TARGETS = 2_000
"""So many targets stand on the page."""
MESSAGES = 40
"""So many messages of one of them."""
FOLDED = 16
"""A table with more rows is folded away."""
MOST_CHANNELS = 30
TIME = "%-d %B %Y, %H:%M"

_HEADS = {
    "failed": "Failed", "refused": "Refused: they cannot be sent as they are",
    "cancelled": "Cancelled", "in_doubt": "In doubt: they may have gone out, or not",
    "held": "Held: a person must look first",
}  # fmt: skip
_GOOD = frozenset({"accepted", "confirmed"})
_BAD = frozenset({"failed", "in_doubt", "refused"})


def html(report: Report) -> bytes:
    """The page, in UTF-8."""
    out, rehearsed = report.out, report.rehearsed
    text = page(
        "report", nonce=secrets.token_urlsafe(16),
        title=words.title(report),
        case=report.totals.title,
        organisation=report.organisation,
        as_of=words.moment(report.at),
        closed=report.closed,
        deadline=f"{report.case.deadline:%-d %B %Y}" if report.case else "",
        asks=report.case.report if report.case else None,
        planned_at=words.moment(report.totals.planned_at) if report.totals.planned_at else "",
        messages=report.messages,
        sentence=words.sentence(report),
        rehearsed=rehearsed,
        proofs=list(words.proofs(report)),
        figures=[
            ("taken by stand-ins" if rehearsed else "known to have gone out", out.number, "good"),
            ("officials meant" if rehearsed else "officials reached", out.targets, "good"),
            ("may have gone out", report.unknown, "wait" if report.unknown else ""),
            ("failed", report.states.get(State.FAILED, 0), "bad"),
        ],
        states=[
            (_plain(state), number, words.STATE_WORDS[state])
            for state, number in report.states.items()
        ],
        held=report.held,
        charts=[_shown(chart) for chart in _charts(report)],
        reasons=[
            (state, _HEADS[state], [words.reason(each) for each in report.reasons(state)])
            for state in EXPLAINED
            if report.reasons(state)
        ],
        people=[
            (words.channel(what.channel), _plain(what.outcome), what.number,
             what.counts == "contact")
            for what in report.outcomes
        ],
        facts=[(words.moment(said.at), says) for said, says in words.facts(report)],
        targets=[_target(outline) for outline in report.totals.outlines],
        targets_in_all=report.totals.targets,
        several_rounds=len(report.totals.rounds) > 1 and report.round is None,
        languages=_by(report, "language"),
        rounds=_by(report, "round") if len(report.totals.rounds) > 1 else [],
        report_back=words.report_back(report),
        campaign=report.totals.campaign,
    )  # fmt: skip
    return text.encode()


def _by(report: Report, field: str) -> list[tuple[str, list[tuple[str, int]], int]]:
    return [
        (value, [(_plain(state), n) for state, n in states.items()], sum(states.values()))
        for value, states in report.by(field).items()
    ]


def _charts(report: Report) -> Iterator[Chart]:
    if report.states:
        names = [(_plain(state), number) for state, number in report.states.items()]
        yield rows(
            "outcomes", "All messages by where they stand",
            [f"{name}: {number:,}" for name, number in names],
            [Series("all", "messages", [number for _, number in names])],
        )  # fmt: skip
    if channels := dict(list(report.standings.items())[:MOST_CHANNELS]):
        yield rows(
            "channels", "The messages of each channel",
            [
                f"{words.channel(name)[:16]}: {sum(numbers.values()):,}"
                for name, numbers in channels.items()
            ],
            [
                Series(
                    standing, words.STANDING_WORDS[standing],
                    [numbers.get(standing, 0) for numbers in channels.values()],
                )
                for standing in Standing
                if any(numbers.get(standing) for numbers in channels.values())
            ],
        )  # fmt: skip
    unit, periods = report.over_time
    if periods:
        form = "%-d %b %H:00" if unit is Unit.HOUR else "%-d %b %Y"
        week = "week of " if unit is Unit.WEEK else ""
        yield columns(
            "time", f"When messages reached where they stand, by {unit} (UTC)",
            [f"{week}{period.begins:{form}}" for period in periods],
            [
                Series(end, words.END_WORDS[end], [period.ends.get(end, 0) for period in periods])
                for end in End
                if any(period.ends.get(end) for period in periods)
            ],
        )  # fmt: skip


def _shown(chart: Chart) -> dict[str, Any]:
    # Columns of nothing need no row for those who read.
    lines = [
        (label, numbers)
        for label, *numbers in zip(
            chart.labels, *(each.values for each in chart.series), strict=True
        )
        if any(numbers)
    ]
    return {
        "name": chart.name,
        "title": chart.title,
        "svg": chart.svg,
        "head": [each.label for each in chart.series],
        "lines": lines,
        "folded": len(lines) > FOLDED,
        "legend": [(each.paint, each.label, PAINTS[each.paint]) for each in chart.series]
        if len(chart.series) > 1
        else [],
    }


def _target(outline: Outline) -> dict[str, Any]:
    newest = outline.lines[-1]
    went = [line.went_at for line in outline.lines if line.went_at is not None]
    return {
        "id": outline.target,
        "name": newest.name or outline.target,
        "role": newest.role or "",
        "reached": _several({words.channel(line.channel) for line in outline.lines if line.is_out}),
        "times": list(dict.fromkeys(f"{at:{TIME}}" for at in (min(went), max(went))))
        if went
        else [],
        "messages": [_message(line) for line in outline.lines[:MESSAGES]],
        "more": max(len(outline.lines) - MESSAGES, 0),
    }


def _plain(name: str) -> str:
    """A state or an outcome, as it stands in a sentence."""
    return name.replace("_", " ")


def _several(names: set[str]) -> str:
    return words.and_(sorted(names)) if names else ""


def _message(line: Line) -> dict[str, Any]:
    proof = words.proves(line.state, line.counts, asked=line.asked, told=line.told)
    tone = "good" if line.is_out else "bad" if line.state in _BAD else ""
    if line.state in _GOOD and not line.is_out:
        tone = "wait"
    return {
        "round": line.round,
        "channel": words.channel(line.channel),
        "state": _plain(line.state),
        "outcome": _plain(line.outcome or ""),
        "proof": proof or words.STATE_WORDS[line.state],
        "held": line.held is not None,
        "tone": tone,
    }


def name_of(campaign: str) -> str:
    """How the file of the page is named."""
    return f"report-{campaign.replace('/', '-')}.html"
