"""What "no further action" and its like do in their sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.ending import phrases
from uadispatch.campaign.notices.ending.spoken import Phrase, phrase_at, without_tail, words_of
from uadispatch.campaign.notices.ending.verdicts import (
    AMNESTY,
    Verdict,
    others_say,
    part,
    pause,
    unless_ours,
)
from uadispatch.campaign.notices.wording.plain import BREAK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uadispatch.campaign.notices.wording.plain import Plain

__all__ = ["no_further"]

_MOST = 1_000
"""Phrases of this kind in one document."""


def no_further(plain: Plain) -> Iterator[tuple[Phrase, Verdict]]:
    """Each "no further action" in its sentence, and what it does."""
    for count, found in enumerate(phrases.HEAD.finditer(plain.text)):
        if count == _MOST:
            # What is not looked at may end it.
            yield phrase_at(plain, found.start(), found.end()), Verdict.UNCLEAR
            return
        before = plain.said[max(found.start() - 1, 0) : found.start()]
        glued = before.isascii() and before.isalpha()
        if glued and not (before.islower() and plain.said[found.start()].isupper()):
            continue  # "piano further ..."
        what = "".join(filter(str.isalpha, found["what"]))
        more, action = bool(found["more"]), what.startswith("ac")
        phrase = phrase_at(plain, found.start(), found.end())
        verdict = _judge_head(phrase, more=more, action=action)
        if verdict in {None, Verdict.UNCLEAR}:
            # Its line may only be full.
            long = phrase_at(plain, found.start(), found.end(), wrapped=True)
            wrapped = _judge_head(long, more=more, action=action)
            if wrapped and (verdict is None or wrapped is Verdict.ENDS):
                phrase, verdict = long, wrapped
            elif verdict is None and long.torn:
                beyond = _judge_head(long.beyond(), more=more, action=action)
                verdict = Verdict.UNCLEAR if beyond not in {None, Verdict.PROSE} else None
        if verdict:
            yield phrase, verdict


def _judge_head(phrase: Phrase, *, more: bool, action: bool) -> Verdict | None:
    """What the phrase does; None where it has nothing to do with an ending."""
    after = phrase.after
    verb = phrases.VERB.search(after)
    verb = verb or (phrases.VERB_OF_ACTION.search(after) if action and more else None)
    sent = phrases.BE_SENT.search(after)
    if verb and not (sent and sent.start() < verb.start()):
        middle, tail = after[: verb.start()], after[verb.end() :]
        useful = phrases.VERB_OF_ACTION.fullmatch(verb.group())
        between = _WOULD_BE.sub(" ", middle) if useful else middle
        earlier = phrases.EARLIER.search(between) is not None
        past = earlier or not (more or _between(middle) == "")
        return unless_ours(phrase) if past else _judge(phrase, middle, tail)
    if not more:
        return None
    if phrases.EARLIER.search(after) or (sent and phrases.WILL.search(after[: sent.start()])):
        on_this = phrases.CASE.search(after) and not others_say(phrase, phrase.before)
        return Verdict.UNCLEAR if on_this else unless_ours(phrase)
    if sent:
        return _wished(phrase)
    if phrases.REQUEST_BEFORE.search(phrase.before):
        return _judge(phrase, "", after)
    if phrases.TAKE_NO.search(phrase.before):
        return _ordered(phrase)
    return _without_verb(phrase, action=action)


_WOULD_BE = phrases.words("would be")


def _wished(phrase: Phrase) -> Verdict:
    """Of "No further action should be taken": an order to us, or the wish of somebody."""
    left = without_tail(phrase.after[phrase.after.find("be") :][len("be taken") :])
    if phrases.AGAINST.match(left) or phrases.AUTHORITY.match(left):
        return Verdict.PROSE
    told = others_say(phrase, phrase.before) and not _WE_ASK.search(phrase.before)
    left = words_of(left)
    about_us = phrase.ours or phrases.CASE.match(left)
    if "there" in phrase.before[-12:] or _WE_ASK.search(phrase.before) or about_us:
        ends = about_us and not told and not _WISH.search(phrase.before)
        ends = ends or (_WE_ASK.search(phrase.before) and not phrases.GOES_ON.match(left))
        return pause(phrase) or part(phrase, left) or (Verdict.ENDS if ends else Verdict.UNCLEAR)
    wished = _WISH.search(phrase.before) or ("appeal" in phrase.said and not told)
    if phrase.ours or not words_of(phrase.before) or wished:
        return pause(phrase) or Verdict.UNCLEAR
    return Verdict.UNCLEAR if phrase.torn and not told else Verdict.PROSE


_WE_ASK = phrases.words(
    "(?:we|amnesty international|amnesty|ai)(?: would| now| therefore| also){0,2} (?:ask"
    "|asks|request"
    "|requests|recommend|recommends|advise|advises)(?: you| members| that| participants"
    "| everyone){0,2}"
)
_WISH = re.compile(
    r"(?<![a-z])(?:recommended|advised|ask|asked|asks|asking|requests?|requested|wish"
    r"|wishes|prefers?)(?![a-z])"
)


def _ordered(phrase: Phrase) -> Verdict | None:
    """Of "Please take no further action"."""
    if phrases.AGAINST.match(without_tail(phrase.after)):
        return Verdict.PROSE
    *before, _verb = re.findall(r"[a-z]+", phrase.before)
    told = not before or before[-1] in {"please", "kindly"} or _WE_ASK.search(phrase.before)
    if told or phrase.ours:
        return pause(phrase) or part(phrase, phrase.after) or Verdict.ENDS
    torn = before[0] in _TORN
    torn = torn or _ASKED.search(phrase.before) is not None
    unclear = torn or _TO_READERS & set(before) or phrases.NETWORK.search(phrase.before)
    return Verdict.UNCLEAR if unclear else None


_ASKED = phrases.words("(?:are|is) (?:now |therefore )?(?:asked|requested) to [a-z]{4,9}")
_TO_READERS = frozenset(["please", "you"])
_TORN = frozenset(
    ["should", "must", "need", "needs", "are", "is", "may", "to", "asked", "requested", "kindly"]
)
"""No sentence begins so: its subject stands in a paragraph before."""


def _without_verb(phrase: Phrase, *, action: bool) -> Verdict | None:
    """Of "NO FURTHER ACTION", or "No further appeals, please"."""
    left = words_of(without_tail(_THANKS.split(phrase.after, maxsplit=1)[0]))
    before = words_of(phrase.before)
    alone = phrase.begins_line or _NOTHING.fullmatch(before) or _PLEASE.match(phrase.after)
    if not left and alone and not others_say(phrase, phrase.before):
        return pause(phrase) or (Verdict.ENDS if _leads_in(phrase) else Verdict.UNCLEAR)
    if phrase.ours or before in {"for", "on", "to", "that"}:
        # No sentence begins with such a word: its subject stands in a paragraph before.
        return Verdict.UNCLEAR
    if phrases.AGAINST.match(left) or phrases.REPORTED.search(left):
        return None
    if (left and not _between(left)) or (not left and phrase.torn):
        # The verb is torn off, as where a page ends.
        return None if others_say(phrase, phrase.before) else Verdict.UNCLEAR
    # Of appeals it is often said that a court hears no more of them.
    begins = phrase.begins_line or not before
    return Verdict.UNCLEAR if begins and action and not _ELSE.search(phrase.said) else None


_NOTHING = re.compile(f"(?:(?:urgent action|ua)s?{phrases.NUMBER}|please|kindly)?")
_PLEASE = re.compile(r"[^a-z0-9.]{1,3}please(?![a-z])")
_ELSE = phrases.words("no (?:other|new|urgent|immediate)")
"""More often it is said of what others may do."""


def _judge(phrase: Phrase, middle: str, tail: str) -> Verdict:
    """A phrase with its verb: what stands before, between and after decides."""
    # Whatever thanks are given for changes nothing.
    tail = _THANKS.split(tail, maxsplit=1)[0]
    left = words_of(without_tail(tail))
    alone = phrase.begins_line and not left
    if not alone and (prose := _prose(phrase, middle, tail)):
        return prose
    if verdict := pause(phrase) or part(phrase, middle) or part(phrase, tail):
        return verdict
    goes_on = not left or phrases.GOES_ON.match(left) or _ONE.match(left)
    if phrase.ours or (goes_on and not _between(middle) and _leads_in(phrase)):
        return Verdict.ENDS
    return Verdict.UNCLEAR


_ONE = phrases.words(r"(?:on behalf of|in the cases? of|for)")
_THANKS = re.compile(r"(?<![a-z])(?:thanks|thank)(?![a-z])")


def _between(middle: str) -> str:
    """What stands between the phrase and its verb, but for what changes nothing."""
    left = without_tail(without_tail(middle, phrases.FILLED))
    return words_of(without_tail(left, phrases.FILLED))


def _leads_in(phrase: Phrase) -> bool:
    """Whether the phrase does not go on from a line before that says something else."""
    at = phrase.start
    goes_on = at > 0 and phrase.plain.text[at - 1] == BREAK and phrase.plain.said[at].islower()
    return not goes_on


def _prose(phrase: Phrase, middle: str, tail: str) -> Verdict | None:
    """Whether somebody else speaks, or it is about somebody else."""
    unsure = Verdict.UNCLEAR if phrase.ours or AMNESTY.search(phrase.sentence) else Verdict.PROSE
    between, left = _between(middle), words_of(without_tail(tail))
    for text in (between, left, words_of(middle), words_of(tail)):
        if phrases.AGAINST.match(text) or phrases.AUTHORITY.match(text):
            return unsure
    leads = list(phrases.LEAD_IN.finditer(phrase.before))
    before = phrase.before[leads[-1].end() :] if leads else phrase.before
    if others_say(phrase, before) or (
        not phrases.GOES_ON.match(left) and phrases.REPORTED.search(left)
    ):
        return unsure
    if leads and others_say(phrase, phrase.before) and not phrase.ours:
        return Verdict.UNCLEAR
    return None
