"""Which messages stand together: those of a target, on one page if they have room there."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uadispatch.campaign.model import Target
    from uadispatch.dispatch.planning.drafts import Draft

__all__ = ["MOST", "batches", "by_target"]

MOST = 500
"""Messages on one page."""


def by_target(drafts: Iterable[Draft]) -> Iterator[tuple[Target, list[Draft]]]:
    """Each target with its messages."""
    for _, its in groupby(drafts, key=lambda draft: draft.target.id):
        found = list(its)
        yield found[0].target, found


def batches(drafts: Iterable[Draft], most: int) -> Iterator[tuple[int, Target, list[Draft]]]:
    """Each target with its messages, and the number of their page, from 1 on.

    A page has so many messages at `most`; a target whose messages are more stands on several.
    """
    number = left = 0
    for target, its in by_target(drafts):
        for start in range(0, len(its), most):
            few = its[start : start + most]
            if len(few) > left:
                number, left = number + 1, most
            yield number, target, few
            left -= len(few)
