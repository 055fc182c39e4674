"""django-post_office: fill its queue in bulk, then send it as ``manage.py send_queued_mail`` does.

``by_post_office.py PORT THREADS PROCESSES BATCH`` in a folder with letter.json, officials.csv and a
database that ``by_post_office.py --prepare`` has made. It says, as JSON, how many seconds the
sending took. Its database is as durable as the journal of uadispatch: SQLite with a write-ahead
log, synchronous=FULL.
"""

from __future__ import annotations

import csv
import json
import logging
import sys
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.conf import settings
from django.core.management import call_command

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = 1000
"""Mails queued by one statement."""


def set_up(port: int, threads: int, batch: int) -> None:
    settings.configure(
        INSTALLED_APPS=["post_office"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": "queue.db",
                "OPTIONS": {
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
                    "transaction_mode": "IMMEDIATE",
                    "timeout": 60,
                },
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        # Only failures are logged row by row: one row less for each mail.
        POST_OFFICE={"THREADS_PER_PROCESS": threads, "BATCH_SIZE": batch, "LOG_LEVEL": 1},
    )
    django.setup()


def mails() -> Iterator[dict[str, object]]:
    letter = json.loads(Path("letter.json").read_text())
    sender = "{} <{}>".format(*letter["from"])
    with Path("officials.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {
                "recipients": [row["email"]], "sender": sender, "subject": letter["subject"],
                "message": f"{row['salutation']},\n\n{letter['text']}",
            }  # fmt: skip


def send(processes: int) -> None:
    from post_office import mail  # noqa: PLC0415 - once Django is set up

    # It has a handler of its own, whose words nobody reads here.
    logging.getLogger("post_office").setLevel(logging.WARNING)
    everything = mails()
    while some := list(islice(everything, AT_ONCE)):
        mail.send_many(some)
    began = time.perf_counter()
    mail.send_queued_mail_until_done(lockfile=str(Path("lock").resolve()), processes=processes)
    print(json.dumps({"seconds": time.perf_counter() - began}))


def main() -> None:
    if sys.argv[1:] == ["--prepare"]:
        set_up(25, 1, 1)
        call_command("migrate", verbosity=0)
        return
    port, threads, processes, batch = map(int, sys.argv[1:])
    set_up(port, threads, batch)
    send(processes)


if __name__ == "__main__":
    main()
