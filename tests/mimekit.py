"""Lines, texts and file names for mails: all scripts, and what mail programs have stumbled over."""

from __future__ import annotations

import re

from hypothesis import strategies as st

# What a campaign file lets through as one line, and as a text.
_CHARACTERS = st.characters(
    exclude_categories=["Cs", "Cc"],
    exclude_characters="\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)
_WORDS = st.lists(
    st.one_of(
        st.text(_CHARACTERS, min_size=1),
        st.text(st.sampled_from("абвгдежзқңғүұөіһ"), min_size=1, max_size=90),
        st.text(st.sampled_from("aZ09.,:;<>@()[]\\\"'=?_-"), min_size=1, max_size=120),
        st.sampled_from(["=?utf-8?q?x?=", "From", "Улы́тау", "张伟", "مرحبا", "e\u0301", "👩‍👩‍👧"]),
    ),
    min_size=1,
    max_size=12,
)
LINES = st.one_of(_WORDS.map(" ".join), _WORDS.map("  ".join)).map(str.strip).filter(bool)
BODY_LINES = st.one_of(
    LINES,
    st.sampled_from(
        ["", ".", "..", ". x", "From me", " From", "trailing  ", "\t", "=", "--", "x" * 2000]
    ),
    st.integers(60, 90).map(lambda n: ".From " + "x" * n),
    st.integers(60, 90).map(lambda n: "From " + "я" * 3 + "x" * n),
)
BODIES = st.lists(BODY_LINES, min_size=1, max_size=12).map("\n".join)
FILE_NAMES = LINES.map(lambda name: re.sub(r'["/\\<>]', "", name)[:200].strip()).filter(bool)
