"""What in a document may end it: each phrase of that kind, judged by its own sentence.

It judges phrases, not the document: whether it asks for appeals as well is another's to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.ending import phrases, sayings
from uadispatch.campaign.notices.ending.no_further import no_further
from uadispatch.campaign.notices.ending.spoken import phrase_at, without_tail, words_of
from uadispatch.campaign.notices.ending.verdicts import (
    AMNESTY,
    Verdict,
    others_say,
    part,
    pause,
    unless_ours,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uadispatch.campaign.notices.ending.spoken import Phrase
    from uadispatch.campaign.notices.wording.plain import Plain

__all__ = ["End", "Verdict", "ends_in"]

_MOST = 400
"""So many phrases in one document are enough to judge it by."""


@dataclass(frozen=True, slots=True)
class End:
    """One phrase that may end a document."""

    verdict: Verdict
    start: int
    """Where in `Plain.text` it begins."""
    line: int
    words: str
    """The sentence, as it stands."""


def ends_in(plain: Plain) -> tuple[End, ...]:
    """Every phrase in the document that may end it, in its order."""
    found = list(islice(chain(_no_further(plain), _headings(plain), _sayings(plain)), _MOST))
    if len(found) == _MOST:
        # What was not looked at may end it too.
        found.append(replace(found[-1], verdict=Verdict.UNCLEAR))
    return tuple(sorted(found, key=lambda end: end.start))


def _end(phrase: Phrase, verdict: Verdict) -> End:
    return End(verdict, phrase.start, phrase.plain.line(phrase.start), phrase.words)


def _no_further(plain: Plain) -> Iterator[End]:
    return (_end(phrase, verdict) for phrase, verdict in no_further(plain))


def _sayings(plain: Plain) -> Iterator[End]:
    """All other ways to say it."""
    for judge, patterns in (
        (_judge_statement, sayings.STATEMENTS),
        (_judge_order, sayings.ORDERS),
        (_judge_hint, sayings.HINTS),
    ):
        for found in chain.from_iterable(pattern.finditer(plain.text) for pattern in patterns):
            phrase = phrase_at(plain, found.start(), found.end())
            verdict = judge(phrase)
            if verdict:
                yield _end(phrase, verdict)


def _headings(plain: Plain) -> Iterator[End]:
    """The lines that say nothing else."""
    for found in chain(
        sayings.HEADINGS.finditer(plain.text), sayings.NONE_ASKED.finditer(plain.text)
    ):
        phrase = phrase_at(plain, found.start("words"), found.end("words"))
        yield _end(phrase, pause(phrase) or Verdict.ENDS)
    for found in sayings.END_MARK.finditer(plain.text):
        # Below the text it says where the text stops.
        if found.end() <= len(plain.text) // 4:
            yield _end(phrase_at(plain, found.start(), found.end()), Verdict.UNCLEAR)


def _judge_statement(phrase: Phrase) -> Verdict:
    left = words_of(without_tail(phrase.after))
    told = others_say(phrase, phrase.before) or phrases.REPORTED.search(left[:40])
    if phrases.AUTHORITY.match(left) or phrases.AGAINST.match(left):
        return Verdict.UNCLEAR if phrase.ours else Verdict.PROSE
    if told and not phrase.begins_line and not phrase.ours:
        return Verdict.UNCLEAR if AMNESTY.search(phrase.sentence) else Verdict.PROSE
    if _LATER.search(phrase.before + phrase.plain.text[phrase.start : phrase.end]):
        return Verdict.UNCLEAR
    return pause(phrase) or part(phrase, phrase.after) or Verdict.ENDS


_LATER = phrases.words(
    "(?:plans?|planning|intends?|intending|expects?|hopes?|likely|want) to|might|soon|if"
    "|will (?:be )?(?:close|closed|end|ended)|(?:we|amnesty international) (?:may"
    "|will) (?:close|end)"
)
"""It is not closed yet."""


def _judge_order(phrase: Phrase) -> Verdict | None:
    after = words_of(phrase.after)
    to_us = phrase.ours or phrase.begins_line or _TO_US.search(phrase.before)
    said = phrase.plain.text[phrase.start : phrase.end]
    if phrases.AGAINST.match(after) or _OTHERWISE.match(after):
        halt = to_us and _HALT.search(said) and not phrases.AGAINST.match(after)
        through_us = to_us and phrases.NETWORK.search(after[:40])
        return Verdict.UNCLEAR if halt or through_us else unless_ours(phrase)
    if not to_us:
        told = others_say(phrase, phrase.before)
        return Verdict.UNCLEAR if "appeal" in said and not told else unless_ours(phrase)
    return pause(phrase) or part(phrase, phrase.after) or Verdict.ENDS


_HALT = phrases.words("(?:stop|cease|discontinue|halt|further|more|additional)")
_TO_US = re.compile(
    r"(?:\A|(?<![a-z])(?:please|kindly|you|we))(?:[^a-z0-9]{0,9}(?:do|must|should|to|can"
    r"|may|now)){0,2}"
    r"[^a-z0-9]*\Z|\A[^a-z0-9]*(?:urgent action|ua)s?[^a-z]*\Z"
    r"|(?<![a-z])(?:you|members|participants|network|supporters|activists|sections) (?:are|is) "
    r"(?:now |therefore |kindly )?(?:asked|requested|urged|advised|reminded) (?:to )?\Z"
)
_OTHERWISE = phrases.words(
    r"(?:after|beyond|past|later than|by|directly|via|through|in|to|at|of|about|with(?! immediate))"
)
"""Not that appeals stop, but when, how, where or to whom they are not sent."""


def _judge_hint(phrase: Phrase) -> Verdict:
    others = phrases.AUTHORITY.match(words_of(phrase.after)) or (
        _TOLD_LAST.match(phrase.said) and not _TO_US.search(phrase.before)
    )
    told = others or others_say(phrase, phrase.before)
    return Verdict.PROSE if told and not phrase.ours else pause(phrase) or Verdict.UNCLEAR


_TOLD_LAST = phrases.words("send (?:a|one|your) (?:final|last)")
"""In a report: "She could send a last letter"."""
