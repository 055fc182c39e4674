"""Files and folders: where those lie that ship beside the code, and what tells others apart.

The one loader for a wheel and a checkout; it knows nothing of what they hold.
"""

from __future__ import annotations

from hashlib import file_digest, sha256
from pathlib import Path

__all__ = ["contents_of", "shipped"]

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The folder `name` (``templates`` or ``config``) as it came with this installation.

    A wheel holds it in ``uadispatch/_data``; in a checkout (an editable install) it stands at
    the top level, two folders above this package.
    """
    packed = _PACKAGE / "_data" / name
    return packed if packed.is_dir() else _PACKAGE.parents[1] / name


def contents_of(path: Path) -> str:
    """``3 files, 5f2c81d09a4e``: another text if a file at or below `path` is another.

    What Python makes of a module for itself does not count; what cannot be read does, as that.
    """
    below = path.rglob("*") if path.is_dir() else [path]
    files = sorted(file for file in below if file.is_file() and "__pycache__" not in file.parts)
    whole = sha256()
    for file in files:
        try:
            with file.open("rb") as stream:
                held = file_digest(stream, sha256).hexdigest()
        except OSError:
            held = "unreadable"
        name = (
            file.relative_to(path if path.is_dir() else path.parent)
            .as_posix()
            .encode(errors="surrogateescape")
        )
        whole.update(b"%d %b %b\n" % (len(name), name, held.encode()))
    count = "1 file" if len(files) == 1 else f"{len(files):,} files"
    return f"{count}, {whole.hexdigest()[:12]}"
