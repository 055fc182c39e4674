"""Pages without typesetting: what these tests are about is where they go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import faxkit
from uadispatch_fax import pages

if TYPE_CHECKING:
    from uadispatch import Message


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the messages whose pages were drawn, in order."""
    keys: list[str] = []

    def pdf_of(message: Message, *_: Any, **__: Any) -> bytes:
        keys.append(message.key)
        return faxkit.pdf(message.key)

    monkeypatch.setattr(pages, "pdf_of", pdf_of)
    return keys
