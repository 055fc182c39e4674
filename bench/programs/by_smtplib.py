"""What one would write by hand: the standard library, a thread and a connection for each share.

``by_smtplib.py PORT CONNECTIONS`` sends letter.json to everybody in officials.csv of this folder
and says, as JSON, how many seconds the sending took.
"""

from __future__ import annotations

import csv
import json
import smtplib
import sys
import threading
import time
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def send(port: int, rows: Iterator[dict[str, str]], letter: dict[str, str]) -> None:
    """One connection's share; `rows` is shared with the others."""
    sender = formataddr(tuple(letter["from"]))
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        while row := next(rows, None):
            mail = EmailMessage()
            mail["From"] = sender
            mail["To"] = row["email"]
            mail["Subject"] = letter["subject"]
            mail["Date"] = formatdate()
            mail["Message-ID"] = make_msgid(domain="example.org")
            mail.set_content(f"{row['salutation']},\n\n{letter['text']}")
            smtp.send_message(mail)


class Shared:
    """Rows that many threads take from."""

    def __init__(self, rows: Iterator[dict[str, str]]) -> None:
        self._rows = rows
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[dict[str, str]]:
        return self

    def __next__(self) -> dict[str, str]:
        with self._lock:
            return next(self._rows)


def main() -> None:
    port, connections = map(int, sys.argv[1:])
    letter = json.loads(Path("letter.json").read_text())
    with open("officials.csv", encoding="utf-8", newline="") as file:  # noqa: PTH123 - as by hand
        rows = Shared(csv.DictReader(file))
        began = time.perf_counter()
        threads = [
            threading.Thread(target=send, args=(port, rows, letter)) for _ in range(connections)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
