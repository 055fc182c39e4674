from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uadispatch_email.replies import (
    LONGEST_LINE,
    MOST_LINES,
    GarbageError,
    Reply,
    ReplyParser,
    clean,
)

TEXT = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=60)
REPLIES = st.lists(
    st.builds(
        Reply,
        st.integers(200, 599),
        st.lists(TEXT.map(str.rstrip), min_size=1, max_size=5).map(tuple),
    ),
    max_size=6,
)


def as_bytes(reply: Reply, line_end: bytes = b"\r\n") -> bytes:
    *first, last = reply.lines
    lines = [f"{reply.code}-{line}" for line in first] + [f"{reply.code} {last}"]
    return b"".join(line.encode() + line_end for line in lines)


def parsed(pieces: list[bytes]) -> tuple[list[Reply], bool]:
    """The replies, and whether garbage came."""
    parser, replies = ReplyParser(), []
    for piece in pieces:
        parser.feed(piece)
        try:
            while (reply := parser.take()) is not None:
                replies.append(reply)
        except GarbageError:
            return replies, True
    return replies, False


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(REPLIES, st.lists(st.integers(0)), st.sampled_from([b"\r\n", b"\n"]))
def test_replies_are_the_same_however_they_arrive(
    replies: list[Reply], cuts: list[int], line_end: bytes
) -> None:
    data = b"".join(as_bytes(reply, line_end) for reply in replies)
    assert parsed(cut(data, cuts)) == (replies, False)


@given(st.binary(max_size=300), st.lists(st.integers(0)))
def test_any_bytes_are_read_the_same_however_they_arrive(data: bytes, cuts: list[int]) -> None:
    assert parsed(cut(data, cuts)) == parsed([data])


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n",
        b"25\r\n",
        b"2500 ok\r\n",
        b"150 early\r\n",
        b"600 late\r\n",
        b"250+ok\r\n",
        b"\r\n",
        b"250-one\r\n251 two\r\n",
        b"\x16\x03\x01\n",
        "\uff12\uff15\uff10 ok\r\n".encode(),
        b"250 " + b"x" * LONGEST_LINE + b"\r\n",
        b"x" * LONGEST_LINE,
        b"250-x\r\n" * MOST_LINES,
    ],
)
def test_what_is_no_reply_is_garbage(data: bytes) -> None:
    assert parsed([data]) == ([], True)


def test_a_bare_code_is_a_reply() -> None:
    assert parsed([b"250\r\n"]) == ([Reply(250, ("",))], False)


def test_the_status_has_the_enhanced_code() -> None:
    assert Reply(450, ("4.7.1 later",)).status == "450 4.7.1"
    assert Reply(450, ("later 4.7.1",)).status == "450"


@given(st.text())
def test_quoted_words_are_one_short_printable_line(text: str) -> None:
    shown = clean(text)
    assert len(shown) <= 200
    assert shown.isprintable()
