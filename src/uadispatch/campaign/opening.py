"""A path -> the file, or its bytes, whatever stands there; it knows nothing of what they mean."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path

__all__ = ["open_file", "read_bytes"]


def read_bytes(path: Path, *, most: int, wanted: str, mend: str) -> bytes:
    """All that the file at `path` holds, which may be `most` bytes.

    `wanted` names what is expected there (``campaign file``), `mend` what to do with a file that
    is too large.

    Raises:
        ConfigError: it is no file, cannot be opened, or is too large.
    """
    with open_file(path, wanted=wanted) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            raw = file.read(most + 1) if size <= most else None
        except OSError as error:
            raise _cannot_be_opened(path, error) from None
    if raw is None or len(raw) > most:
        says = f"the file is larger than {most // 1024**2} MiB; {mend}"
        raise ConfigError(Problem(says, str(path)))
    return raw


def open_file(path: Path, *, wanted: str) -> BufferedReader:
    """The file at `path`, open to be read.

    Raises:
        ConfigError: it is no file, or cannot be opened.
    """
    where = str(path)
    try:
        file = open(path, "rb", opener=_at_once)  # noqa: SIM115 - who asked for it closes it
    except IsADirectoryError:
        raise ConfigError(
            Problem(f"this is a folder; give the {wanted} inside it", where)
        ) from None
    except FileNotFoundError:
        raise ConfigError(Problem("there is no such file; check its name", where)) from None
    except (OSError, ValueError) as error:
        raise _cannot_be_opened(path, error) from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise ConfigError(Problem(f"this is no file; give a {wanted}", where))
    return file


def _cannot_be_opened(path: Path, error: Exception) -> ConfigError:
    reason = getattr(error, "strerror", None) or "its name cannot be used"
    return ConfigError(Problem(f"the file cannot be opened: {reason}", str(path)))


def _at_once(path: str, flags: int) -> int:
    # A named pipe is seen for what it is instead of being waited for.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
