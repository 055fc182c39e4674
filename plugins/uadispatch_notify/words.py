"""What organisers read: the number of an Urgent Action, counts, and the command to type next.

It names nobody: neither people at risk nor officials, and quotes no far end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch import CampaignClosed, RunFinished, RunStarted

__all__ = ["of_closing", "of_end", "of_start"]

TO_LOOK_AT = ("in_doubt", "failed", "refused", "claimed")
TO_SEND = ("planned", "retry")


def of_start(run: RunStarted) -> tuple[str, str]:
    """Title and text when a run begins."""
    about = f"{_messages(run.planned)} to be tried, by {' and '.join(run.channels)}."
    says = f"{about}\n{_next('status', run.campaign)}"
    return f"Urgent Action {run.campaign}: sending", says


def of_end(run: RunFinished) -> tuple[str, str]:
    """Title and text when a run is over."""
    how = "interrupted" if run.interrupted else "sent what was due"
    lines = [f"{_count(state)}: {number:,}" for state, number in sorted(run.states.items())]
    if run.in_doubt:
        lines.append("What is in doubt may have gone out: a person must find out.")
    lines.append(_next(_after(run.states), run.campaign))
    return f"Urgent Action {run.campaign}: {how}", "\n".join(lines)


def of_closing(closing: CampaignClosed) -> tuple[str, str]:
    """Title and text when a campaign is closed."""
    lines = [
        "Nothing of it goes out any more.",
        f"{_messages(closing.cancelled)} cancelled, {closing.recalled:,} given back by services.",
    ]
    if closing.must_look:
        lines.append("A service may still hold some: a person must look.")
    lines.append(_next("status", closing.campaign))
    return f"Urgent Action {closing.campaign}: closed", "\n".join(lines)


def _after(states: Mapping[str, int]) -> str:
    """The command that goes on from there."""
    if any(states.get(state) for state in TO_LOOK_AT):
        return "status"
    if any(states.get(state) for state in TO_SEND):
        return "send"
    return "tasks" if states.get("with_person") else "report"


def _next(command: str, campaign: str) -> str:
    return f"Next: uadispatch {command} {campaign}"


def _count(state: str) -> str:
    return state.replace("_", " ")


def _messages(number: int) -> str:
    return "1 message" if number == 1 else f"{number:,} messages"
