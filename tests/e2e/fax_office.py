"""An office with a HylaFAX server, and a fax machine on the other end of its line.

Run as root by the piece hylafax, in namespaces of its own and in a Python that has uadispatch:
``fax_office.py DEBIAN FOLDER``. DEBIAN holds the unpacked packages; over /usr, /etc and /var they
are seen as if installed.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
import tty
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from appeal import Appeal, expect_same
from piece import Failed, expect, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPOOL = Path("/var/spool/hylafax")
ETC = Path("/etc/hylafax")
# Not /dev itself: it is the machine's.
DEVICES = Path("/dev/shm")  # noqa: S108 - a tmpfs of this namespace
NUMBER = "+77172000200"
SETTINGS = {"gateway": "hylafax", "hours": "always", "retry_wait": "0s"}
SET_FLAGS, UP = 0x8914, 0x1  # SIOCSIFFLAGS, IFF_UP: see netdevice(7)
UUCP = "uucp"  # HylaFAX gives root up for this user of every Debian
MODEMS = {"ours": (4570, 4571), "theirs": (4571, 4570)}
"""Name, own UDP port, and that of the other one."""

MODEM = """\
device {device}
owner uucp:uucp
mode 660
port {port}
refresh 0
server 127.0.0.1:{other}
peername tests
secret tests
cidname Tests
cidnumber 100
codec slinear
nodaemon
"""
# As Debian's iaxmodem shows it, with an empty tag line (the page is compared), and without the
# pauses that a modem of metal needs.
SERVER = """\
CountryCode: 7
AreaCode: 7172
FAXNumber: {number}
LongDistancePrefix: 8
InternationalPrefix: 00
DialStringRules: etc/dialrules
ServerTracing: 0xFFF
SessionTracing: 0xFFF
RingsBeforeAnswer: 1
LocalIdentifier: {name}
TagLineFont: etc/lutRS18.pcf
TagLineFormat: ""
MaxRecvPages: 20
ModemType: Class1
ModemResetDelay: 100
ModemSoftResetCmdDelay: 100
Class1AdaptRecvCmd: AT+FAR=1
Class1TMConnectDelay: 400
"""


def main(root: Path, folder: Path) -> None:
    """Furnish the office, and send a fax: while the other machine is off the hook, and after."""
    furnish(root, folder)
    run("faxq")
    run("hfaxd", "-i", "4559")
    for name in MODEMS:
        plug_in(name)
    take_back(folder / "closed")
    staff("ours")
    appeal = Appeal(folder, "fax", {"official": NUMBER}, SETTINGS)
    with off_the_hook("theirs"):
        be_quiet("ours")
        reason = dispatch(appeal, "retry")
    staff("theirs")
    be_quiet(*MODEMS)
    dispatch(appeal, "confirmed")
    sent = max((SPOOL / "docq").glob("doc*.tif*"), key=lambda file: file.stat().st_mtime)
    say(f"first {reason!r}; then it came as it was sent: {expect_same(sent, arrived())}")


def take_back(folder: Path) -> None:
    """Close a campaign while its fax waits for a modem: nobody is called."""
    appeal = Appeal(folder, "fax", {"spared": NUMBER}, SETTINGS)
    appeal.do("send", "--yes")
    appeal.expect({"spared": "accepted"})
    appeal.run("close", "--because", "a test")
    appeal.expect({"spared": "cancelled"})
    expect("Job aborted by request" in run("faxstat", "-d"), f"it is not removed\n{sessions()}")


def dispatch(appeal: Appeal, ends: str) -> str:
    """Send, and ask until the call is over; returns the reason of how it ended."""
    appeal.do("send", "--yes")
    until = time.monotonic() + 90
    while (message := appeal.messages()["official"])["state"] == "accepted":
        expect(time.monotonic() < until, f"the call does not end: {message}\n{sessions()}")
        time.sleep(2)  # the modems need the processor more
        appeal.do("confirm")
    expect(message["state"] == ends, f"it ended as {message}\n{sessions()}")
    return str(message["reason"])


def arrived() -> Path:
    """The TIFF that the other machine has made, once it is whole."""
    wait(20, lambda: is_idle("theirs"))
    (received,) = (SPOOL / "recvq").glob("fax*.tif")
    return received


def furnish(root: Path, folder: Path) -> None:
    """Lay the packages over this namespace's /usr, /etc and /var; none of it reaches the disk."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))
    above = folder / "above"
    above.mkdir()
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(above))
    for part in ("usr", "etc", "var"):
        upper, work = above / part, above / f"{part}.work"
        upper.mkdir()
        work.mkdir()
        (root / part).mkdir(exist_ok=True)
        layers = f"lowerdir={root / part}:/{part},upperdir={upper},workdir={work}"
        run("mount", "-t", "overlay", "-o", layers, "overlay", f"/{part}")
    for volatile in (DEVICES, Path("/run")):
        run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", str(volatile))
    Path("/run/lock").mkdir(mode=0o1777)
    for made in SPOOL.glob("*"):
        shutil.chown(made, UUCP, UUCP)
    run("mount", "--bind", str(ETC), str(SPOOL / "etc"))
    (ETC / "hosts.hfaxd").write_text("localhost:21::\n127.0.0.1:21::\n")
    shutil.chown(ETC / "hosts.hfaxd", UUCP)
    # As Debian's package does it: what it finds is right, and no modem is to be added by it.
    run("faxsetup", "-server", answers="\nno\nno\n")


def plug_in(name: str) -> None:
    """A soft modem, and HylaFAX's settings for it."""
    device, (port, other) = DEVICES / name, MODEMS[name]
    (Path("/etc/iaxmodem") / name).write_text(
        MODEM.format(device=device, port=port, other=other), encoding="ascii"
    )
    (ETC / f"config.shm_{name}").write_text(
        SERVER.format(name=name, number=NUMBER), encoding="ascii"
    )
    # It lives until this namespace ends.
    subprocess.Popen(["iaxmodem", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait(10, device.exists)


def staff(name: str) -> None:
    """Let HylaFAX use this modem, and answer it."""
    run("faxgetty", "-D", str(DEVICES / name))
    wait(30, lambda: is_idle(name))


def be_quiet(*names: str) -> None:
    """Wait until these modems have had nothing to do for a while.

    A job that comes a second after a modem was ready is forgotten by HylaFAX 6.0.7 (12 of 13
    tries), until something else happens.
    """
    wait(30, lambda: all(map(is_idle, names)))
    time.sleep(4)


@contextmanager
def off_the_hook(name: str) -> Iterator[None]:
    """Who calls this modem finds it busy."""
    with (DEVICES / name).open("r+b", buffering=0) as modem:
        tty.setraw(modem.fileno())
        modem.write(b"ATH1\r")
        heard = b""
        while b"OK" not in heard:
            heard += modem.read(1)
        yield
        modem.write(b"ATH0\r")


def is_idle(name: str) -> bool:
    """Whether HylaFAX says so of this modem."""
    return re.search(rf"/{name} .*: Running and idle", run("faxstat")) is not None


def sessions() -> str:
    """The queues, and what the modems said to each other."""
    kept = [
        *(SPOOL / "sendq").glob("q*"),
        *(SPOOL / "doneq").glob("q*"),
        *(SPOOL / "log").glob("c*"),
    ]
    texts = [file.read_text("utf-8", "replace") for file in kept]
    return "\n".join([run("faxstat", "-s", "-d"), *texts])


def run(*command: str, answers: str = "") -> str:
    """What the command says; it must succeed."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=answers)
    if done.returncode:
        raise Failed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def wait(seconds: float, holds: Callable[[], bool]) -> None:
    """Until it holds."""
    until = time.monotonic() + seconds
    while not holds():
        expect(time.monotonic() < until, f"after {seconds} s it does not hold:\n{run('faxstat')}")
        time.sleep(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
