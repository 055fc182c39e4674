"""A certificate authority of the tests' own, and what servers and clients need of it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from uadispatch.testing.far_ends.smtp_session import ServerSession

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def context(authority: trustme.CA) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(made)
    return made


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


class Recording(ServerSession):
    """Notes what comes in one piece."""

    pieces: list[bytes]

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        super().data_received(data)


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    found: list[bytes] = []
    monkeypatch.setattr(Recording, "pieces", found, raising=False)
    monkeypatch.setattr("uadispatch.testing.far_ends.smtp.ServerSession", Recording)
    return found
