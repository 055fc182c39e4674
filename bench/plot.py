"""Draws the comparison: messages per second of everybody, by connections, with its spread.

The colours are those of Okabe and Ito, which colour-blind people tell apart, and each number of
connections has a shape of its own. The ground is light and not transparent, so that it reads the
same on a dark page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from summary import Measured

SERVERS = {"loopback": "Loopback", "20 ms": "20 ms of latency"}
LOOKS = {1: ("#0072B2", "o"), 10: ("#D55E00", "s"), 50: ("#009E73", "D")}
GROUND, INK, FAINT = "#fbfbf9", "#24292f", "#d0d7de"


def draw(everything: Sequence[Measured], file: Path) -> None:
    """Write the picture."""
    names = _order(everything)
    mpl.rcParams |= {"svg.hashsalt": "performance", "font.size": 10}
    figure = Figure((11, 0.52 * len(names) + 1.7), layout="constrained", facecolor=GROUND)
    figure.get_layout_engine().set(w_pad=0.15, h_pad=0.12, wspace=0.05)
    panels = figure.subplots(1, 2, sharey=True)
    for panel, (server, title) in zip(panels, SERVERS.items(), strict=True):
        _panel(panel, [each for each in everything if each.server == server], names, title)
    panels[0].set_yticks(range(len(names)), names)
    for label, name in zip(panels[0].get_yticklabels(), names, strict=True):
        label.set_fontweight("bold" if name.startswith("uadispatch") else "normal")
    handles, labels = panels[0].get_legend_handles_labels()
    known = dict(zip(labels, handles, strict=True))
    figure.legend(
        known.values(), known.keys(), loc="outside lower center", ncols=len(known), frameon=False,
        labelcolor=INK,
    )  # fmt: skip
    # Without a date: the same figures are the same file.
    figure.savefig(file, metadata={"Date": None})


def _order(everything: Sequence[Measured]) -> list[str]:
    """The slowest first, for it stands at the bottom."""
    best: dict[str, float] = {}
    for each in everything:
        if each.server == "loopback":
            best[each.contestant] = max(best.get(each.contestant, 0), each.sending.median)
    return sorted(best, key=lambda name: best[name])


def _panel(panel: Axes, here: Sequence[Measured], names: Sequence[str], title: str) -> None:
    panel.set_title(title, color=INK, loc="left", fontweight="bold")
    panel.set_xscale("log")
    for connections, (colour, shape) in LOOKS.items():
        found = [each for each in here if each.connections == connections]
        rates = [each.sending for each in found]
        panel.errorbar(
            [rate.median for rate in rates],
            [names.index(each.contestant) + _shift(connections) for each in found],
            xerr=(
                [rate.median - rate.least for rate in rates],
                [rate.most - rate.median for rate in rates],
            ),
            fmt=shape, color=colour, markersize=7, capsize=3, elinewidth=1.4,
            label=f"{connections} connection{'s' if connections > 1 else ''}",
        )  # fmt: skip
        for each, rate in zip(found, rates, strict=True):
            panel.annotate(
                f"{rate.median:,.0f}",
                (rate.most, names.index(each.contestant) + _shift(connections)),
                xytext=(7, 0), textcoords="offset points", va="center", fontsize=8, color=INK,
            )  # fmt: skip
    panel.margins(x=0.16, y=0.06)
    panel.set_facecolor(GROUND)
    panel.grid(axis="x", color=FAINT, linewidth=0.8)
    panel.set_axisbelow(True)
    panel.tick_params(colors=INK, length=0)
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    panel.set_xlabel("messages a second while sending, logarithmic", color=INK, fontsize=9)
    for spine in panel.spines.values():
        spine.set_visible(False)


def _shift(connections: int) -> float:
    """So that equal ones do not hide each other; more connections stand higher."""
    return (list(LOOKS).index(connections) - 1) * 0.24
