"""The types of the fixtures that read campaign files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from uadispatch.campaign.model import Campaign


class Read(Protocol):
    def __call__(self, old: str = "", new: str = "") -> Campaign: ...


class Refuse(Protocol):
    def __call__(self, content: str | bytes) -> list[tuple[str, str]]: ...
