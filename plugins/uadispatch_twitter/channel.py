"""The channel for X itself: what can be posted, how it will read, and one try to have it posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch import (
    Became,
    By,
    Capabilities,
    Channel,
    Counts,
    Outcome,
    Preview,
    Receipt,
    Rejected,
    Unavailable,
    hand_over,
)
from uadispatch_twitter.counting import LIMIT, links, mentions
from uadispatch_twitter.settings import TwitterSettings
from uadispatch_twitter.task import compose_link, post_in, task_text
from uadispatch_twitter.variants import BODY, choose, texts_of

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch import Handover, Message, StandIn, Tools
    from uadispatch_twitter.account import Account
    from uadispatch_twitter.variants import Variant

__all__ = ["OUTCOMES", "TwitterChannel"]

OUTCOMES = {"posted": Counts.CONTACT, "skipped": Counts.NOTHING}
"""What a person may record of a task."""

PRICE, PRICE_WITH_LINK = "0.015 USD", "0.20 USD"
"""What X asks of an app for a post, and for one with a link."""


class TwitterChannel(Channel[TwitterSettings]):
    """One post for each message: published by a person with one tap, or by the program."""

    name = "twitter"
    contact = "twitter"
    Settings = TwitterSettings

    def __init__(self, settings: TwitterSettings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._account: Account | None = None

    @property
    def capabilities(self) -> Capabilities:
        """A person's channel, unless the API was chosen; what is published is never recalled."""
        if not self.settings.by_api:
            return Capabilities(by=By.PERSON, longest_body=LIMIT, outcomes=OUTCOMES)
        return Capabilities(confirms=True, longest_body=LIMIT, outcomes=OUTCOMES)

    def check(self, message: Message) -> None:
        """Raise Rejected for what cannot be one post, or may not be an automated one."""
        self._checked(message)

    def preview(self, message: Message) -> Preview:
        """The text that is posted, its length, its links and what it costs."""
        variant = self._checked(message)
        return Preview(
            text=variant.text,
            links=() if self.settings.by_api else (compose_link(variant.text),),
            notes=tuple(self._notes(message, variant)),
        )

    async def send(self, message: Message) -> Receipt | Handover:
        """Make the task of a person; or post, which X answers with the number of the post."""
        variant = self._checked(message)
        if self.settings.by_api:
            return await self._post(message, variant.text)
        text = task_text(message, variant, self.settings.account)
        return hand_over(
            self.settings.folder or self.tools.outbox,
            message,
            {".txt": text.encode()},
            links=(compose_link(variant.text),),
            says=f"post it on X for @{message.to.value}: {variant.length} of {LIMIT} characters",
        )

    async def confirm(
        self,
        message: Message,  # noqa: ARG002 - the receipt says all
        receipt: Receipt | None,
        since: datetime,  # noqa: ARG002 - as message
    ) -> Outcome | None:
        """Whether the post with the receipt's number stands.

        None without a number: X cannot be asked for a post by its text.
        """
        if not self.settings.by_api or receipt is None or receipt.id is None:
            return None
        from uadispatch_twitter.answers import LINK, Answer, not_asked, post_id  # noqa: PLC0415

        account, number = await self._own_account(), receipt.id
        found = await account.line.ask(lambda client: client.get_tweet(number, user_auth=True))
        if isinstance(found, Answer) and post_id(found) == number:
            return Outcome(became=Became.CONFIRMED, id=number, says=f"it stands: {LINK}{number}")
        if isinstance(found, Answer) and _is_gone(found):
            return Outcome(became=Became.FAILED, id=number, says="X has no such post any more")
        now = self.tools.clock.now()
        error = not_asked(found, hidden=account.keys.all, now=now)
        raise error or Unavailable("X gives no good answer about this post now")

    def stand_in(self) -> StandIn:
        """A person's desk, or X's API on this machine."""
        if not self.settings.by_api:
            from uadispatch.testing import Desk  # noqa: PLC0415 - tests, rehearsals

            return Desk(read=post_in)
        from uadispatch_twitter.stand_in import XStandIn  # noqa: PLC0415 - as above

        return XStandIn(account=self.settings.account)

    def _checked(self, message: Message) -> Variant:
        """The text to post. Raises Rejected."""
        api = self.settings.by_api
        variant = choose(message, mentioning=not api or self.settings.mentions)
        if api and message.rehearsal and self.settings.base_url is None:
            raise Rejected(
                "A post is public: it cannot be sent to a tester alone. Rehearse it without --to"
            )
        named = mentions(variant.text)
        if api and named and not self.settings.mentions:
            raise Rejected(
                f"An automated post may not mention who did not ask for it, says X: this text "
                f"mentions @{', @'.join(named)}. Set a text without @ in the template "
                "({% set api %}...{% endset %}), or let a person post; see docs/twitter.md"
            )
        return variant

    def _notes(self, message: Message, variant: Variant) -> list[str]:
        api = self.settings.by_api
        texts = texts_of(message, mentioning=not api or self.settings.mentions)
        length = f"{variant.length} of {LIMIT} characters, as X counts them"
        if len(texts) > 1:
            taken = "the template's text" if variant.name == BODY else f"its text {variant.name}"
            length += f"; of {len(texts)} texts {taken} is the longest that fits"
        found = links(variant.text)
        count = f"{len(found)} link{'' if len(found) == 1 else 's'}, counted as 23 each: "
        notes = [length, count + ", ".join(found) if found else "no link"]
        named = mentions(variant.text)
        notes.append(f"mentions @{', @'.join(named)}" if named else "mentions nobody")
        if message.to.value.casefold() not in {name.casefold() for name in named}:
            notes.append(f"@{message.to.value} will not be told of it by X")
        if not api:
            return [*notes, "a person posts it, free of charge"]
        if not found:
            return [*notes, f"X asks {PRICE} for it"]
        return [*notes, f"X asks {PRICE_WITH_LINK} for it; without a link {PRICE}"]

    async def _own_account(self) -> Account:
        if self._account is None:
            from uadispatch_twitter.account import Account  # noqa: PLC0415 - loads tweepy

            self._account = await Account.of(self.settings, self.tools)
        return self._account

    async def _post(self, message: Message, text: str) -> Receipt:
        """One request; see `answers` for what each answer means."""
        from uadispatch_twitter.answers import receipt_of  # noqa: PLC0415 - only the API needs it

        account = await self._own_account()
        await account.prove()
        await self.tools.begin()
        found = await account.line.ask(
            lambda client: client.create_tweet(text=text, user_auth=True),
            # For a stand-in: X has no field for what a message is called here.
            headers={"X-Rehearsal-To": message.to.value, "X-Rehearsal-Id": message.reference},
        )
        return receipt_of(
            found,
            account=account.name,
            hidden=(*account.keys.all, text),
            now=self.tools.clock.now(),
        )


def _is_gone(found: object) -> bool:
    from uadispatch_twitter.answers import Answer, content_of  # noqa: PLC0415 - as `confirm`

    if not isinstance(found, Answer):
        return False
    content = content_of(found)
    problems = [content, *(content.get("errors") or [])]
    kinds = [problem.get("type") for problem in problems if isinstance(problem, dict)]
    return any(str(kind).endswith("/resource-not-found") for kind in kinds)
