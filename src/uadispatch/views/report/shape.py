"""What ``report --json`` prints. Fields may be added; none is ever removed or renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uadispatch.channels.message import Counts
from uadispatch.views.report import words
from uadispatch.views.report.counting import End
from uadispatch.views.shapes import instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.dispatch.journal import Line, Outline
    from uadispatch.dispatch.reasons import Reason
    from uadispatch.views.report.counting import Report

__all__ = ["EXPLAINED", "shape"]

EXPLAINED = ("failed", "cancelled", "refused", "in_doubt", "held")
"""Of these the reasons are counted."""


def shape(report: Report) -> dict[str, Any]:
    """The whole report; of a large campaign not each target, and `targets_in_all` says so."""
    out, totals = report.out, report.totals
    unit, periods = report.over_time
    return {
        "campaign": totals.campaign,
        "title": totals.title,
        "organisation": report.organisation,
        "as_of": instant(report.at),
        "round": report.round,
        "rehearsal": report.rehearsed,
        "closed": report.closed,
        "messages": report.messages,
        "states": dict(report.states),
        "held": report.held,
        "questions": report.asked,
        "gone_out": {
            "messages": out.number,
            "targets": out.targets,
            "accepted": out.accepted,
            "on_a_persons_word": out.told,
            "confirmed": out.confirmed,
            "contacts": out.contacts,
            "channels": dict(out.channels),
            "first": instant(out.first),
            "last": instant(out.last),
            "at_least": bool(report.unknown),
        },
        "done": {str(counts): report.done(counts) for counts in Counts},
        "outcomes": [what._asdict() for what in report.outcomes],
        "reasons": {state: _reasons(report.reasons(state)) for state in EXPLAINED},
        "channels": {name: dict(states) for name, states in report.by("channel").items()},
        "rounds": {name: dict(states) for name, states in report.by("round").items()},
        "languages": {name: dict(states) for name, states in report.by("language").items()},
        "over_time": {
            "unit": unit,
            "periods": [
                {"begins": instant(period.begins), **{end: period.ends.get(end, 0) for end in End}}
                for period in periods
            ],
        },
        "targets_in_all": totals.targets,
        "targets": [_target(outline) for outline in totals.outlines],
        "facts": [
            {
                "at": instant(said.at), "kind": said.kind, "target": said.target,
                "channel": said.channel, "by": said.by, "because": said.because, "says": says,
            }
            for said, says in words.facts(report)
        ],
        "sentence": words.sentence(report),
        "proofs": list(words.proofs(report)),
        "report_back": words.report_back(report),
    }  # fmt: skip


def _reasons(found: Sequence[Reason]) -> list[dict[str, Any]]:
    return [
        {
            "channel": each.channel, "code": each.code or None, "says": each.says,
            "number": each.number, "texts": each.texts,
        }
        for each in found
    ]  # fmt: skip


def _target(outline: Outline) -> dict[str, Any]:
    went = [line.went_at for line in outline.lines if line.went_at is not None]
    newest = outline.lines[-1]
    return {
        "target": outline.target,
        "name": newest.name,
        "role": newest.role,
        "reached_by": sorted({line.channel for line in outline.lines if line.is_out}),
        "first": instant(min(went, default=None)),
        "last": instant(max(went, default=None)),
        "messages": [_message(line) for line in outline.lines],
    }


def _message(line: Line) -> dict[str, Any]:
    return {
        "key": line.key,
        "round": line.round,
        "channel": line.channel,
        "state": line.state,
        "outcome": line.outcome,
        "held": line.held is not None,
        "counted": line.is_out,
        "proves": words.proves(line.state, line.counts, asked=line.asked, told=line.told),
        "went_out": instant(line.went_at),
    }
