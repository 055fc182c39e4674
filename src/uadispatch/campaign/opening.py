"""A path -> the bytes of the file, whatever stands there; it knows nothing of what they mean."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_bytes"]


def read_bytes(path: Path, *, most: int, wanted: str, mend: str) -> bytes:
    """All that the file at `path` holds, which may be `most` bytes.

    `wanted` names what is expected there (``campaign file``), `mend` what to do with a file that
    is too large.

    Raises:
        ConfigError: it is no file, cannot be opened, or is too large.
    """
    where = str(path)
    try:
        with open(path, "rb", opener=_at_once) as file:
            kind = os.fstat(file.fileno())
            if not stat.S_ISREG(kind.st_mode):
                raise ConfigError(Problem(f"this is no file; give a {wanted}", where))
            raw = file.read(most + 1) if kind.st_size <= most else None
    except IsADirectoryError:
        raise ConfigError(
            Problem(f"this is a folder; give the {wanted} inside it", where)
        ) from None
    except FileNotFoundError:
        raise ConfigError(Problem("there is no such file; check its name", where)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name cannot be used"
        raise ConfigError(Problem(f"the file cannot be opened: {reason}", where)) from None
    if raw is None or len(raw) > most:
        raise ConfigError(Problem(f"the file is larger than {most // 1024**2} MiB; {mend}", where))
    return raw


def _at_once(path: str, flags: int) -> int:
    # A named pipe is seen for what it is instead of being waited for.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
