"""The folder of a dry-run's page: one page, or a first one with samples, pages and an index.

It is written while the messages are gone through; the pages are never held all at once.
"""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from uadispatch.rendering.html import page
from uadispatch.views.dry_run.batches import MOST, batches, by_target
from uadispatch.views.dry_run.counting import Fate, count
from uadispatch.views.dry_run.heading import heading, moment_in_words
from uadispatch.views.dry_run.index import Index
from uadispatch.views.dry_run.making import Maker, has_pictures
from uadispatch.views.dry_run.sampling import Kinds, Line, Outstanding, Sample, line_of, size_of
from uadispatch.views.dry_run.sharing import share
from uadispatch.views.dry_run.summary import summary, unreached_targets
from uadispatch.views.folders import new_folder
from uadispatch.views.shapes import state_of
from uadispatch.views.sheets import PictureFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.views.cards import Card
    from uadispatch.views.dry_run.making import Section
    from uadispatch.views.dry_run.seen import Seen
    from uadispatch.views.dry_run.summary import Summary

__all__ = ["DRY_RUN", "Kind", "Written", "write"]

LARGEST = 1_900_000
"""Bytes of the first page, so that any phone opens it at once."""
SHORTEST = 100
"""Bytes of the first page that a target takes at least."""
DRAWN = 200
"""Messages whose pictures are drawn; of more, only those that are the first of their kind."""
_OWN = re.compile(
    r"index\.html|pages/\d{4,}\.html|search/\d{4,}\.js|pictures/[0-9a-f]{24}\.(?:png|svg)"
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a page is of."""

    name: str
    """As its folder is marked."""
    first: str
    part: str
    """The templates of the first page, and of the further ones."""
    maker: Callable[[Seen, PictureFolder], Maker] = Maker
    values: Mapping[str, Any] = field(default_factory=dict)
    """What its templates take beside a dry-run's."""


DRY_RUN = Kind(name="dry-run", first="dry_run", part="dry_run_part")


class Written(NamedTuple):
    """What was written."""

    file: Path
    """The page to open."""
    summary: Summary
    pages: int
    """How many further pages there are."""


def write(
    place: Path,
    seen: Seen,
    *,
    kind: Kind = DRY_RUN,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Written:
    """Write the page of a dry-run into the folder `place`, whole or not at all.

    `progress` is told how many messages are done, and of how many.

    Raises:
        ConfigError: `place` holds something else, or cannot be written to.
    """
    with new_folder(place, kind.name, _OWN) as folder:
        site = _Site(folder, seen, kind, progress)
        pages = 0 if site.in_one() else site.in_many()
    return Written(place / "index.html", site.summary, pages)


class _Site:
    """The folder while it is written, and what its pages have in common."""

    def __init__(
        self,
        folder: Path,
        seen: Seen,
        kind: Kind,
        progress: Callable[[int, int], None],
    ) -> None:
        self._folder = folder
        self._seen = seen
        self._kind = kind
        self._progress = progress
        self._maker = kind.maker(seen, PictureFolder(folder))
        self._outstanding = Outstanding()
        self._counted = count(seen, MOST)
        self._heading = heading(seen, self._counted)
        self.summary = summary(seen, self._counted)

    def in_one(self) -> bool:
        """Write all of it as one page, if it has room there."""
        if self._counted.total > MOST or self.summary.unreached_number > LARGEST // SHORTEST:
            return False
        drafts = list(self._seen.drafts)
        previews = [self._maker.preview(draft) for draft in drafts]
        if sum(len(preview.text) for preview in previews if preview is not None) > LARGEST:
            return False
        all_drawn = sum(map(has_pictures, filter(None, previews))) <= DRAWN
        kinds = Kinds()
        cards: dict[str, list[Card]] = {}
        for done, (draft, preview) in enumerate(zip(drafts, previews, strict=True), start=1):
            drawn = kinds.is_new(draft, state_of(draft)) or all_drawn
            card = self._maker.card(draft, preview, drawn=drawn)
            self._outstanding.add(card, f"#m-{card.key}")
            cards.setdefault(draft.target.id, []).append(card)
            self._progress(done, len(drafts))
        sections = [
            self._maker.section(target, cards[target.id]) for target, _ in by_target(drafts)
        ]
        text = self._first([*sections, *self._unreached()], (), room=LARGEST // 4)
        if len(text) > LARGEST:
            # What was drawn for it is drawn anew, where it is still wanted.
            shutil.rmtree(self._folder / "pictures", ignore_errors=True)
            self._maker = self._kind.maker(self._seen, PictureFolder(self._folder))
            self._outstanding = Outstanding()
            return False
        (self._folder / "index.html").write_bytes(text)
        return True

    def in_many(self) -> int:
        """Write the pages, the index and then the first page; returns how many pages."""
        index = Index(self._folder / "search")
        samples: list[Sample] = []
        others: list[Line] = []
        kinds = Kinds()
        room = LARGEST // 2
        done = number = 0
        (self._folder / "pages").mkdir()
        for number, batch in groupby(batches(self._seen.drafts, MOST), key=itemgetter(0)):
            sections = []
            for _, target, drafts in batch:
                cards = [self._one_of_many(draft) for draft in drafts]
                for draft, card in zip(drafts, cards, strict=True):
                    href = f"pages/{number:04}.html#m-{card.key}"
                    self._outstanding.add(card, href)
                    if not kinds.is_new(draft, card.state):
                        continue
                    if room > 0:
                        drawn = self._maker.card(draft, self._maker.preview(draft), drawn=True)
                        room -= size_of(drawn)
                        samples.append(Sample(drawn, href))
                    else:
                        others.append(line_of(card, href))
                sections.append(self._maker.section(target, cards))
                index.add(number, sections[-1])
                done += len(drafts)
                self._progress(done, self._counted.total)
            self._write_page(number, self._counted.pages, sections)
        self._write_first(samples, others, files=index.close(), pages=number)
        return number

    def _one_of_many(self, draft: Draft) -> Card:
        preview = self._maker.preview(draft, brief=True)
        return self._maker.card(draft, preview, drawn=False, brief=True)

    def _unreached(self) -> list[Section]:
        """Targets with no message at all, which are easily overlooked."""
        return [self._maker.section(target, ()) for target in unreached_targets(self._seen)]

    def _write_page(self, number: int, pages: int, sections: Sequence[Section]) -> None:
        shown = [(card, card.sheet) for section in sections for card in section.cards if card.sheet]
        shared = share([(card.name, sheet.body) for card, sheet in shown])
        parts = {card.key: its for (card, _), its in zip(shown, shared, strict=True)}
        text = page(
            self._kind.part, nonce=secrets.token_urlsafe(16), **self._heading, **self._kind.values,
            number=number, pages=pages, sections=sections, parts=parts,
        )  # fmt: skip
        (self._folder / f"pages/{number:04}.html").write_text(text, encoding="utf-8")

    def _write_first(
        self, samples: list[Sample], others: list[Line], *, files: int, pages: int
    ) -> None:
        """With less and less of what may be left out, until it has the size of a first page."""
        room = LARGEST // 2
        while True:
            text = self._first((), samples, others, room=room, files=files, pages=pages)
            if len(text) <= LARGEST or not (samples or room):
                (self._folder / "index.html").write_bytes(text)
                return
            room = room // 2 if samples else 0
            left_out = samples[len(samples) // 2 :]
            samples = samples[: len(samples) // 2]
            others = [line_of(each.card, each.href) for each in left_out] + others

    def _first(
        self,
        sections: Sequence[Section],
        samples: Sequence[Sample],
        others: Sequence[Line] = (),
        *,
        room: int,
        files: int = 0,
        pages: int = 0,
    ) -> bytes:
        its = self.summary
        return page(
            self._kind.first, nonce=secrets.token_urlsafe(16), **self._heading, **self._kind.values,
            summary=its, now=its.by_fate.get(Fate.NOW, 0), later=its.by_fate.get(Fate.LATER, 0),
            earliest=moment_in_words(its.earliest) if its.earliest else "",
            latest=moment_in_words(its.latest) if its.latest else "",
            notices=self._seen.prepared.notices,
            rejected=self._seen.prepared.targets.rejected, groups=self._outstanding.groups(room),
            sections=sections, samples=samples, others=others[:MOST], files=files, pages=pages,
        ).encode()  # fmt: skip
