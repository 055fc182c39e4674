"""A CSV file as rows, each with the line where it begins; or why a row is none.

It reads in a stream: no more than one row is in memory, whatever the file holds. It knows RFC 4180
and encodings, and nothing of what the columns mean.
"""

from __future__ import annotations

import csv
import io
import os
import re
from codecs import register_error
from typing import TYPE_CHECKING, NamedTuple, Self

from uadispatch.campaign.file_bytes import has_one_byte_a_letter, is_utf_8, other_kind
from uadispatch.campaign.opening import open_file
from uadispatch.campaign.target_files.formulas import unguarded
from uadispatch.campaign.text import shown
from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

__all__ = ["LONGEST_ROW", "MOST_COLUMNS", "Row", "Sheet"]

DECLARE = "write its encoding beside the file's name (encoding: windows-1252, say)"
LONGEST_ROW = 1_000_000
"""So many characters a row may have."""
MOST_COLUMNS = 1_000

_MARK = "\ufeff"

_LENIENT = "uadispatch: a mark for each byte"
_FIRST_MARK = 0xDC00
# What no text may hold: NUL, the marks of bytes that are no text in this encoding, and the sign
# that others put where a letter was lost.
_ODD = re.compile("[\x00\ud800-\udfff\ufffd]")
# In most rows is none of what must be looked at more closely.
_RARE = re.compile("[\x00\ud800-\udfff\ufffd']")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_FOR_EXCEL = re.compile(f'{_MARK}?"?sep=(.)"?[\r\n]*', re.IGNORECASE)
_NAMED = {";": '";"', "\t": "tab", ",": '","', "|": '"|"'}


class Row(NamedTuple):
    """A row that is not blank."""

    line: int
    """Where it begins, counted from 1."""
    cells: list[str]
    """As many as the header has, without the apostrophes that keep a spreadsheet from taking them
    for formulas. A row that cannot be parted into these is one cell: all of it."""
    wrong: str
    """Why it cannot be used, as a sentence without its full stop; "" if it can."""


class Sheet:
    """A CSV file whose header has been read; iterate over it once, within ``with``."""

    def __init__(self, path: Path, *, encoding: str = "utf-8", delimiter: str = ",") -> None:
        """Open it and read its header.

        Raises:
            ConfigError: it is no regular file, cannot be opened, or has no usable header.
        """
        self._path = path
        self._encoding = encoding
        self._delimiter = delimiter
        self._may_be_utf_8 = has_one_byte_a_letter(encoding)
        register_error(_LENIENT, _marked)
        self._file = open_file(path, wanted="CSV file")
        try:
            self._stat = _state(self._file.fileno())
            self._refuse_other_kinds()
            stream = io.TextIOWrapper(self._file, encoding, errors=_LENIENT, newline="")
            self._lines = _Lines(stream)
            # strict: what is no CSV is said, and not guessed at.
            self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
            self.line, self.header = self._read_header()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def where(self, line: int | None = None) -> str:
        """``officials.csv:17``, for an error."""
        return str(self._path) if line is None else f"{self._path}:{line}"

    def __iter__(self) -> Iterator[Row]:
        """Every row below the header that is not blank.

        Raises:
            ConfigError: the file cannot be read on, or was changed meanwhile.
        """
        lines, reader, pieces = self._lines, self._reader, self._lines.pieces
        while True:
            lines.begin_row()
            line = lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                yield self._broken(line, error)
                continue
            except _TooLongError:
                yield self._too_long(line)
                continue
            except (UnicodeError, OSError) as error:
                raise self._unreadable(line, error) from None
            if "".join(cells).strip():
                yield self._row(line, cells, pieces)
        if _state(self._file.fileno()) != self._stat:
            raise ConfigError(
                Problem("the file was changed while it was read; run this again", self.where())
            )

    def _row(self, line: int, cells: list[str], pieces: list[str]) -> Row:
        if len(cells) != len(self.header):
            return Row(line, [_whole(pieces)], self._of_width(cells))
        if self._may_be_utf_8 and is_utf_8("".join(pieces), self._encoding):
            says = f"this is UTF-8, and not {self._encoding}; leave the encoding of the file out"
            # As they read in truth: a file of rejected rows is UTF-8.
            return Row(line, [cell.encode(self._encoding).decode() for cell in cells], says)
        if any(map(_RARE.search, pieces)):
            return Row(line, [unguarded(cell) for cell in cells], self._odd(cells))
        if _name(cells[0]) == self.header[0] and _names(cells) == self.header:
            return Row(line, cells, "the names of the columns stand here once more; remove them")
        return Row(line, cells, "")

    def _refuse_other_kinds(self) -> None:
        try:
            first = self._file.peek(4)[:4]
        except OSError as error:
            raise self._unreadable(1, error) from None
        if says := other_kind(first, self._encoding):
            raise ConfigError(Problem(says, self.where()))

    def _read_header(self) -> tuple[int, list[str]]:
        """The line of the header and its names, each stripped."""
        line, found = 1, [""]
        try:
            while not any(cell.strip() for cell in found):
                self._lines.begin_row()
                line = self._lines.number + 1
                found = next(self._reader)
                if line == 1 and found and found[0].startswith(_MARK):
                    found = self._without_mark()
                if line == 1 and self._is_for_excel():
                    found = [""]
        except StopIteration:
            says = "the file is empty; write the names of its columns, and a row for each target"
            raise ConfigError(Problem(says, self.where())) from None
        except csv.Error as error:
            raise ConfigError(Problem(self._broken(line, error).wrong, self.where(line))) from None
        except _TooLongError:
            says = f"a row has more than {LONGEST_ROW:,} characters: this is no CSV file"
            raise ConfigError(Problem(says, self.where(line))) from None
        except (UnicodeError, OSError) as error:
            raise self._unreadable(line, error) from None
        if len(found) > MOST_COLUMNS:
            says = f"it has {len(found):,} columns; leave {MOST_COLUMNS:,} at most"
            raise ConfigError(Problem(says, self.where(line)))
        if odd := _ODD.search("".join(found)):
            says = self._of_character(odd.group())
            raise ConfigError(Problem(f"in the names of the columns {says}", self.where(line)))
        return line, _names(found)

    def _without_mark(self) -> list[str]:
        """The first row anew, without the byte order mark: a quotation mark may stand behind it."""
        text = "".join(self._lines.pieces).removeprefix(_MARK)
        return next(
            csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter, strict=True)
        )

    def _is_for_excel(self) -> bool:
        """Whether the first line is ``sep=;``, which says the delimiter. Raises ConfigError."""
        found = _FOR_EXCEL.fullmatch("".join(self._lines.pieces))
        if found is not None and found[1] != self._delimiter:
            sign = _NAMED.get(found[1], shown(found[1]))
            says = f"the file says that its delimiter is {sign}; write “delimiter: {sign}” beside "
            raise ConfigError(Problem(f"{says}its name", self.where(1)))
        return found is not None

    def _odd(self, cells: list[str]) -> str:
        for name, cell in zip(self.header, cells, strict=True):
            if found := _ODD.search(cell):
                return f"{name or 'a column without a name'}: {self._of_character(found.group())}"
        return ""

    def _of_character(self, character: str) -> str:
        if character == "\x00":
            return (
                "here stands the control character NUL (U+0000); remove it, or declare the "
                "encoding, if it is utf-16"
            )
        if character == "\N{REPLACEMENT CHARACTER}":
            return (
                "here stands U+FFFD, the sign that somebody put in the place of a letter that was "
                "lost; write the letter"
            )
        code = ord(character) - _FIRST_MARK
        what = f"the byte 0x{code:02X}" if 0 <= code <= 0xFF else "half a character"  # noqa: PLR2004 - a byte
        return f"here stands {what}, which is not {self._encoding}; {DECLARE}, or mend it"

    def _of_width(self, cells: list[str]) -> str:
        width = len(self.header)
        fields = "1 field" if len(cells) == 1 else f"{len(cells):,} fields"
        says = f"it has {fields}, and the header {width:,}; compare its delimiters and quotes"
        if len(cells) > width:
            says += f"; the last is {shown(cells[-1])}"
        return says

    def _broken(self, line: int, error: csv.Error) -> Row:
        """A row that is no CSV; `line` is where it begins."""
        text, last = "".join(self._lines.pieces), self._lines.number
        opens = line + _opened_last(text)
        says = str(error)
        if "field limit" in says:
            most = csv.field_size_limit()
            if text.count('"') % 2:
                # Whether what follows are rows, or still that field, nobody can tell here.
                last = self._lines.skip_quoted()
                way = f"is not closed within {most:,} characters"
                reason = f"the quotation mark that opens at line {opens:,} {way}"
            else:
                reason = f"a field has more than {most:,} characters; shorten it"
                return Row(line, [_whole(self._lines.pieces)], reason)
        elif "end of data" in says:
            reason = f"the quotation mark that opens at line {opens:,} is never closed"
        elif "expected after" in says:
            reason = f"at line {last:,} something else than a delimiter follows a closing quote"
        else:
            reason = f"it is no CSV: {says}"
        if last > line:
            reason += f": lines {line:,} to {last:,} are taken for this one row"
        return Row(line, [_whole(self._lines.pieces)], f"{reason}; mend its quotes")

    def _too_long(self, line: int) -> Row:
        cells = [_whole(self._lines.pieces)]
        says = f"it has more than {LONGEST_ROW:,} characters"
        if not self._lines.in_quotes:
            return Row(line, cells, f"{says}; shorten it")
        # Whether what follows are rows, or still a field of this one, nobody can tell here.
        last = self._lines.skip_quoted()
        lines = f"lines {line:,} to {last:,} are taken for this one row"
        return Row(line, cells, f"{says}: {lines}; mend its quotes")

    def _unreadable(self, line: int, error: Exception) -> ConfigError:
        if isinstance(error, OSError):
            return ConfigError(Problem(f"it cannot be read on: {error.strerror}", self.where(line)))
        says = f"this cannot be read as {self._encoding}: {error}; {DECLARE}"
        return ConfigError(Problem(says, self.where(line)))

    def other_delimiter(self) -> str:
        """Which delimiter the header speaks for, if it has one column: ``";"``, else nothing."""
        if len(self.header) == 1:
            for sign, named in _NAMED.items():
                if sign != self._delimiter and sign in self.header[0]:
                    return named
        return ""


class _TooLongError(Exception):
    """More lines, or a longer one, than a row may have."""


class _Lines:
    """The lines of a stream, counted; of those of one row no more than memory allows."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream  # who lets go of it closes it
        self._read = stream.readline
        self.number = 0
        self.pieces: list[str] = []
        """What was read of this row."""
        self._room = LONGEST_ROW
        self.in_quotes = False
        """Whether what was too long ends within a field in quotes."""

    def begin_row(self) -> None:
        """The next line is the first of another row."""
        self.pieces.clear()
        self._room = LONGEST_ROW

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._read(LONGEST_ROW)
        if not line:
            raise StopIteration
        self.number += 1
        self.pieces.append(line)
        self._room -= len(line)
        if self._room <= 0:
            self._skip_line(line)
            raise _TooLongError
        return line

    def _skip_line(self, part: str) -> None:
        quotes = sum(piece.count('"') for piece in self.pieces)
        while part and part[-1] not in "\r\n":
            part = self._read(LONGEST_ROW)
            quotes += part.count('"')
        self.in_quotes = quotes % 2 == 1

    def skip_quoted(self) -> int:
        """Skip what belongs to a field in quotes, to the line that closes it; returns its number.

        It is the last line, if nothing closes it.
        """
        opened = True
        while opened and (line := self._read(LONGEST_ROW)):
            self.number += line[-1] in "\r\n"
            opened ^= line.count('"') % 2 == 1
        return self.number


def _name(cell: str) -> str:
    # The mark stands there too if somebody has put two files together.
    return unguarded(cell.strip().strip(_MARK).strip())


def _names(cells: list[str]) -> list[str]:
    return list(map(_name, cells))


def _whole(pieces: list[str]) -> str:
    """A row as it was written, in one cell; no more of it than a cell may hold."""
    return "".join(pieces).rstrip("\r\n")[: csv.field_size_limit()]


def _opened_last(text: str) -> int:
    """How many lines stand in `text` before its last quotation mark that opens something."""
    marks = [found.start() for found in re.finditer('"', text)]
    at = marks[-1 if len(marks) % 2 else -2] if marks else 0
    return len(_LINE_BREAK.findall(text, 0, at))


def _marked(error: UnicodeError) -> tuple[str, int]:
    """Stand in for bytes that are no text, so that their row is refused and the next one read."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(_FIRST_MARK + byte) for byte in wrong), error.end


def _state(number: int) -> tuple[int, int]:
    found = os.fstat(number)
    return found.st_size, found.st_mtime_ns
