"""What journal_size.py has measured, as lines of a table. It needs nothing that is installed."""

from __future__ import annotations

from typing import Any

__all__ = ["head", "row"]

MB = 1e6


def row(found: dict[str, Any]) -> str:
    """As a row of the table: rates, and in brackets the processor time of a message."""
    turns = list(found["turns"].values())
    cells = [
        f"{found['messages']:,}", _rate(found["planned"], found["cpu"]),
        *(_rate(each["rate"], each["cpu"]) for each in turns),
        f"{max(each['slowest'] for each in turns) * 1e3:.0f} ms",
        f"{found['log'] / MB:.0f}, {max(each['log'] for each in turns) / MB:.0f} MB",
        f"{found['asked']:.1f} s",
        f"{', '.join(f'{peak / MB:.0f}' for peak in found['memory'])} MB",
        " + ".join(f"{size:,.0f}" for size in found["bytes"]),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _rate(rate: float, cpu: float) -> str:
    return f"{rate:,.0f} ({cpu * 1e6:.0f} µs)"


def head(windows: list[int]) -> str:
    """The first lines of the table."""
    names = [
        "messages", "planned/s", *(f"turns/s, window {window}" for window in windows),
        "slowest turn", "log after the plan, in turns", "to say how all stand",
        "peak memory, planned and tried", "bytes of a message, and of its try",
    ]  # fmt: skip
    return f"| {' | '.join(names)} |\n|{'---:|' * len(names)}"
