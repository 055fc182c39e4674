"""The page of a worker: whoever asks, and however slowly, others are answered."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Any

import httpx

from uadispatch.dispatch.distributed import page


def answer(port: int, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=60, trust_env=False)


def fine() -> bytes:
    return b"uadispatch_up 1\n"


def no_ail() -> str | None:
    return None


def test_who_says_nothing_keeps_nobody_out_for_long(monkeypatch: Any) -> None:
    monkeypatch.setattr(page._Handler, "timeout", 0.2)
    with (
        page.served(0, metrics=fine, ails=no_ail, log=print) as port,
        ExitStack() as stack,
    ):
        for _ in range(page.AT_ONCE):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        while True:
            try:
                found = answer(port, "/health")
                break
            except httpx.TransportError:  # turned away: there is no room
                continue
        assert (found.status_code, found.text) == (200, "ok\n")


def test_who_comes_when_there_is_no_room_is_turned_away(monkeypatch: Any) -> None:
    monkeypatch.setattr(page, "AT_ONCE", 1)
    with page.served(0, metrics=fine, ails=no_ail, log=print) as port:
        with socket.create_connection(("127.0.0.1", port)) as first:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as second:
                assert second.recv(100) == b""
            first.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            said = b"".join(iter(lambda: first.recv(1000), b""))
        assert said.endswith(b"\r\n\r\nuadispatch_up 1\n")


def test_a_fault_is_logged_by_its_kind_and_the_page_goes_on() -> None:
    logged: list[tuple[str, dict[str, object]]] = []

    def fails() -> bytes:
        raise ValueError("A. Person")

    def log(event: str, **told: object) -> None:
        logged.append((event, told))

    with page.served(0, metrics=fails, ails=no_ail, log=log) as port:
        try:
            answer(port, "/metrics")
        except httpx.TransportError:
            pass
        else:
            raise AssertionError("it has answered")
        assert answer(port, "/health").text == "ok\n"
    assert logged == [("page failed", {"fault": "ValueError"})]


def test_what_ails_is_said_in_words_and_by_the_status() -> None:
    with page.served(0, metrics=fine, ails=lambda: "the journal: away", log=print) as port:
        found = answer(port, "/health?from=here")
    assert (found.status_code, found.text) == (503, "the journal: away\n")
