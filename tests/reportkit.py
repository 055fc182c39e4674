"""Counts once more, from the records of an export alone, what a report has from the database."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

Row = dict[str, Any]


def messages_of(records: Iterable[Row], dead: Collection[object] = ()) -> list[Row]:
    """The messages with their moves; a claim of the `dead` as `status` shows it."""
    found: list[Row] = []
    for record in records:
        if record["record"] == "message":
            found.append({**record, "moves": []})
        elif record["record"] == "move":
            found[-1]["moves"].append(record)
    for row in found:
        if row["state"] == "claimed" and (row["owner"] or "") in dead:
            row["state"] = "planned" if row["repeatable"] == "person" else "in_doubt"
    return found


def is_asked(row: Row) -> bool:
    return row["state"] == "accepted" and row["ask_again_at"] is not None


def is_out(row: Row) -> bool:
    """What docs/report.md says of what counts."""
    if row["state"] == "accepted":
        return row["ask_again_at"] is None
    return row["state"] == "confirmed" or (row["state"], row["counts"]) == ("done", "contact")


def is_told(row: Row) -> bool:
    """A person has said that it was sent: the last word in its moves."""
    return (row["state"], row["moves"][-1]["code"]) == ("accepted", "resolve --sent")


def went_at(row: Row) -> Any:
    return row["at"] if row["state"] == "done" else row["claimed_at"]


def recount(rows: Sequence[Row]) -> dict[str, Any]:
    """The numbers, under the names that `report --json` has for them."""
    out = [row for row in rows if is_out(row)]
    times = [went_at(row) for row in out]
    states = Counter(row["state"] for row in rows)
    done = Counter(row["counts"] for row in rows if row["state"] == "done")
    return {
        "messages": len(rows),
        "states": dict(states),
        "held": sum(row["held"] is not None for row in rows),
        "questions": sum(map(is_asked, rows)),
        "gone_out": {
            "messages": len(out),
            "targets": len({row["target"] for row in out}),
            "accepted": sum(row["state"] == "accepted" for row in out),
            "on_a_persons_word": sum(map(is_told, out)),
            "confirmed": states["confirmed"],
            "contacts": done["contact"],
            "channels": dict(Counter(row["channel"] for row in out)),
            "first": text(min(times, default=None)),
            "last": text(max(times, default=None)),
            "at_least": any(
                row["state"] in ("in_doubt", "claimed") or is_asked(row) for row in rows
            ),
        },
        "done": {counts: done[counts] for counts in ("contact", "again", "nothing", "wrong")},
        "channels": by(rows, "channel"),
        "rounds": by(rows, "round"),
        "languages": by(rows, "language"),
        "targets_in_all": len({row["target"] for row in rows}),
    }


def by(rows: Iterable[Row], field: str) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for row in rows:
        found.setdefault(str(row[field]), Counter())[row["state"]] += 1
    return {name: dict(states) for name, states in found.items()}


def text(at: Any) -> str | None:
    if isinstance(at, datetime):
        return at.isoformat().replace("+00:00", "Z")
    return str(at) if at is not None else None


def reasons(rows: Iterable[Row]) -> Counter[tuple[str, str]]:
    """How many messages there are that a reason must be given for, by state and channel."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row["state"] in ("failed", "cancelled", "refused", "in_doubt"):
            found[row["state"], row["channel"]] += 1
        if row["held"] is not None:
            found["held", row["channel"]] += 1
    return found


def ends(rows: Iterable[Row]) -> Counter[tuple[str, str]]:
    """(day in UTC, end) of each message at an end, by its last move."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        state = row["state"]
        if state in ("accepted", "confirmed", "failed", "done"):
            if state == "done":
                state = "contact" if row["counts"] == "contact" else "no_contact"
            found[str(text(row["moves"][-1]["at"]))[:10], state] += 1
    return found


def differences(report: dict[str, Any], rows: Sequence[Row]) -> list[str]:
    """Where a report (as JSON) does not say what the records say; nothing: it tells the truth."""
    wrong = [
        f"{name}: the report has {report[name]}, the records have {counted}"
        for name, counted in recount(rows).items()
        if report[name] != counted
    ]
    given: Counter[tuple[str, str]] = Counter()
    for state, groups in report["reasons"].items():
        for group in groups:
            given[state, group["channel"]] += group["number"]
    if given != reasons(rows):
        wrong.append(f"reasons: the report has {given}, the records have {reasons(rows)}")
    shown: Counter[tuple[str, str]] = Counter()
    for period in report["over_time"]["periods"]:
        for end, number in period.items():
            if end != "begins" and number:
                shown[period["begins"][:10], end] += number
    if report["over_time"]["unit"] != "week" and shown != ends(rows):
        wrong.append(f"over time: the report has {shown}, the records have {ends(rows)}")
    recorded = Counter(
        (row["channel"], row["outcome"], row["counts"]) for row in rows if row["state"] == "done"
    )
    told = {(o["channel"], o["outcome"], o["counts"]): o["number"] for o in report["outcomes"]}
    if told != recorded:
        wrong.append(f"outcomes: the report has {told}, the records have {recorded}")
    return wrong + [says for says in _of_targets(report, rows) if says]


def _of_targets(report: dict[str, Any], rows: Sequence[Row]) -> Iterable[str]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["target"], []).append(row)
    if {target["target"] for target in report["targets"]} != set(found):
        yield "the report has other targets than the records"
        return
    for target in report["targets"]:
        its = found[target["target"]]
        out = [row for row in its if is_out(row)]
        times = [went_at(row) for row in out]
        expected = {
            "reached_by": sorted({row["channel"] for row in out}),
            "first": text(min(times, default=None)),
            "last": text(max(times, default=None)),
        }
        for name, value in expected.items():
            if target[name] != value:
                yield f"{target['target']}: {name} is {target[name]}, by the records {value}"
        states = sorted((row["key"], row["state"], is_out(row)) for row in its)
        if states != sorted((m["key"], m["state"], m["counted"]) for m in target["messages"]):
            yield f"{target['target']}: its messages are not those of the records"
