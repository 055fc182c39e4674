"""A mail server for the commands to talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clikit import mail_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uadispatch.testing.smtp import SmtpServer


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """A mail server that takes everything, until a test says otherwise."""
    with mail_server() as found:
        yield found
