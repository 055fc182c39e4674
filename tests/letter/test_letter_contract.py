"""The letter channel keeps every promise of the contract."""

from __future__ import annotations

from uadispatch.testing import ChannelContract
from uadispatch_letter import LetterChannel


class TestLetterChannel(ChannelContract):
    channel = LetterChannel
    many = 100  # each is a PDF
