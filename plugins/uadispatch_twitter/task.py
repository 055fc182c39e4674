"""What a person gets: the post, a link that opens it ready to be published, and what to do then.

Pure: it makes texts, and knows no file and no server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from uadispatch_twitter.counting import LIMIT

if TYPE_CHECKING:
    from uadispatch import Message
    from uadispatch_twitter.variants import Variant

__all__ = ["COMPOSE", "compose_link", "post_in", "task_text"]

COMPOSE = "https://x.com/intent/tweet?text="
"""X documents ``intent/tweet``; ``intent/post`` works as well, but nobody promises it."""

_LINE = "-" * 60
_ABOVE, _BELOW = "\n\n", f"\n\n{_LINE}\n"


def compose_link(text: str) -> str:
    """The address that opens `text` as a post in X, for who is logged in there."""
    return COMPOSE + quote(text, safe="")


def task_text(message: Message, variant: Variant, account: str | None) -> str:
    """The task: which text, where to tap, and how to record what was done."""
    whose = f"@{account}" if account else "the account that you post from"
    what = f"{message.target.id}/{message.channel}"
    head = [f"A post on X for @{message.to.value}, on Urgent Action {message.campaign}"]
    if message.rehearsal:
        head = ["[TEST] This is a rehearsal: do not publish this post.", *head]
    seen = f"({variant.length} of {LIMIT} characters)"
    return "\n".join(
        (
            *head,
            "",
            variant.text,
            "",
            _LINE,
            f"1. Open this link, logged in to X as {whose}:",
            "",
            f"   {compose_link(variant.text)}",
            "",
            f"2. See that X shows the text above {seen}, and tap “Post”.",
            "3. Record what you did, so that nobody does it twice:",
            "",
            f"   uadispatch record {message.campaign} {what} posted",
            f"   uadispatch record {message.campaign} {what} skipped",
            "",
        )
    )


def post_in(task: str) -> str:
    """The post that comes of a task: its text; beside that of its link, if they are not the same.

    What is no task of ours is given back as it is.
    """
    text, below, steps = task.partition(_ABOVE)[2].rpartition(_BELOW)
    if not below:
        return task
    links = [word for word in steps.split() if word.startswith(COMPOSE)]
    linked = [unquote(link.removeprefix(COMPOSE)) for link in links]
    return "\n\n".join([text, *(other for other in linked if other != text)])
