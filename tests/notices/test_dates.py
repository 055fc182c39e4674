"""Dates are read as Urgent Actions write them, and no date is made of what is none."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uadispatch.campaign.notices.wording.dates import date_in, dates_in


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("16 August 2019", date(2019, 8, 16)),
        ("May 25, 2021", date(2021, 5, 25)),
        ("June 1 2023", date(2023, 6, 1)),
        ("31 January, 2018", date(2018, 1, 31)),
        ("03 June 2009", date(2009, 6, 3)),
        ("27 SEPTEMBER 2019", date(2019, 9, 27)),
        ("0 4 February 1999", date(1999, 2, 4)),
        ("4 February 1 999", date(1999, 2, 4)),
        ("18 November 1998", date(1998, 11, 18)),
        ("Friday 18 November 1998", date(1998, 11, 18)),
        ("Friday, 18th November 1998", date(1998, 11, 18)),
        ("1st of March, 2005", date(2005, 3, 1)),
        ("the 2nd March 2005.", date(2005, 3, 2)),
        ("3 Sept. 2004", date(2004, 9, 3)),
        ("3 Sep 2004", date(2004, 9, 3)),
        ("Dec. 3, 2004", date(2004, 12, 3)),
        ("before 17 JANUARY 2014 TO:", date(2014, 1, 17)),
        ("Date:16 August 2019", date(2019, 8, 16)),
        ("27\nSeptember 2019", date(2019, 9, 27)),
        ("27 September\n2019", date(2019, 9, 27)),
        ("29 February 2016", date(2016, 2, 29)),
        ("10-16 August 2019", date(2019, 8, 16)),
        ("1 Febuary 2016", date(2016, 2, 1)),
    ],
)
def test_a_date_is_read_as_it_is_written(text: str, day: date) -> None:
    assert date_in(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "", "16.08.2019", "2019-08-16", "16/8/2019", "16 August", "August 2019", "on 10 March",
        "31 February 2019", "29 February 2019", "31 June 2019", "35 May 2019", "0 May 2019",
        "46/19 Augustus 2019", "16 Mayor 2019", "16 August 19", "16 August 20199", "May 2019",
        "16 de agosto de 2019", "16 août 2019", "1916 August 2019",
    ],
)  # fmt: skip
def test_what_is_no_day_gives_no_date(text: str) -> None:
    assert date_in(text) is None


def test_an_impossible_date_is_found_but_has_no_day() -> None:
    (dated,) = dates_in("UNTIL: 31 February 2019")
    assert (dated.day, dated.words) == (None, "31 February 2019")


def test_the_dates_of_a_text_stand_in_its_order() -> None:
    text = "Date: 6 December 2013, until 17 January 2014 (or May 1, 2014)"
    assert [(d.words, text[d.start : d.end]) for d in dates_in(text)] == [
        ("6 December 2013",) * 2,
        ("17 January 2014",) * 2,
        ("May 1, 2014",) * 2,
    ]


@given(
    st.dates(date(1961, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["%d %B %Y", "%B %d, %Y", "%B %d %Y", "%d %b %Y", "%d %B, %Y", "%A %d %B %Y"]),
    st.sampled_from([str.upper, str.lower, str.title]),
)
def test_every_date_is_read_in_every_form(day: date, form: str, change: object) -> None:
    assert callable(change)
    assert date_in(change(day.strftime(form))) == day


@given(st.text(max_size=200))
def test_any_text_gives_days_of_its_own_words(text: str) -> None:
    for dated in dates_in(text):
        assert dated.words == " ".join(text[dated.start : dated.end].split())


@pytest.mark.timeout(10)
@pytest.mark.parametrize("words", ["1 ", "0", "1 May ", "May ", "3 May, ", " ", "1 May 1", "\n"])
def test_hostile_texts_take_no_time(words: str) -> None:
    assert len(list(dates_in(words * 200_000))) < 200_000
