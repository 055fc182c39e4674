"""The bench's far server answers as a real one does, only later, and counts what came."""

from __future__ import annotations

import importlib
import json
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENVELOPE = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<%b@example.org>\r\nDATA\r\n"
BODY = b"Subject: hello\r\n\r\nHello.\r\n..\r\n.\r\n"


@contextmanager
def far_server(root: Path, delay: float = 0.02) -> Iterator[tuple[socket.socket, dict[str, int]]]:
    """A connection to it, greeted; and what it has counted once it has ended."""
    command = [sys.executable, str(root / "bench/far_server.py"), str(delay)]
    counted: dict[str, int] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = json.loads(server.stdout.readline())["port"]
            with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as connection:
                assert connection.recv(1000).startswith(b"220 ")
                yield connection, counted
        finally:
            server.terminate()
            counted |= json.loads(server.stdout.read() or "{}")


def asked(connection: socket.socket, words: bytes) -> list[str]:
    """The codes of the replies that arrive together."""
    connection.sendall(words)
    return [line[:4].decode() for line in connection.recv(1000).splitlines()]


def test_the_replies_to_one_group_of_commands_arrive_together(root: Path) -> None:
    with far_server(root) as (connection, _):
        assert asked(connection, b"EHLO here\r\n")[-1] == "250 "
        assert asked(connection, ENVELOPE % b"b") == ["250 ", "250 ", "354 "]
        assert asked(connection, BODY + ENVELOPE % b"c") == ["250 ", "250 ", "250 ", "354 "]
        assert asked(connection, BODY + b"QUIT\r\n") == ["250 ", "221 "]
        assert connection.recv(1000) == b""


def test_a_body_may_come_in_pieces_and_hold_what_looks_like_its_end(root: Path) -> None:
    with far_server(root, 0) as (connection, counted):
        asked(connection, ENVELOPE % b"b")
        for piece in (b"one\r\n.", b"two\r\n\r", b"\n.three\r\n.\r"):
            connection.sendall(piece)
        assert asked(connection, b"\nNOOP\r\n") == ["250 ", "250 "]
        asked(connection, ENVELOPE % b"c")
        assert asked(connection, b".\r\n") == ["250 "]  # with nothing in it
    assert counted == {"mails": 2, "recipients": 2, "twice": 0}


def test_it_counts_who_gets_a_mail_a_second_time(root: Path) -> None:
    with far_server(root) as (connection, counted):
        for name in (b"b", b"c", b"b", b"b"):
            asked(connection, ENVELOPE % name)
            asked(connection, BODY)
    assert counted == {"mails": 4, "recipients": 2, "twice": 2}


@pytest.mark.parametrize(("came", "twice"), [(9, None), (11, None), (10, 1)])
def test_a_wrong_count_ends_the_comparison(
    root: Path, monkeypatch: pytest.MonkeyPatch, came: int, twice: int | None
) -> None:
    monkeypatch.syspath_prepend(str(root / "bench"))
    servers: Any = importlib.import_module("servers")
    with pytest.raises(servers.Failed, match=f"10 mails were to be sent, and {came} came"):
        servers.Server(port=25, mails=came, twice=twice).check(10)
