"""Which names are countries, and which are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uadispatch.campaign.codes import countries
from uadispatch.campaign.notices.wording.countries import (
    countries_in,
    country_named,
    country_of_index,
)

NAMES = {
    "Kazakhstan": "KZ",
    "KAZAKHSTAN": "KZ",
    " kazakhstan. ": "KZ",
    "Republic of Kazakhstan": "KZ",
    "Islamic Republic of Iran": "IR",
    "Iran": "IR",
    "USA": "US",
    "U.S.A.": "US",
    "US": "US",
    "United States of America": "US",
    "the USA": "US",
    "UK": "GB",
    "United Kingdom": "GB",
    "England": "GB",
    "Syria": "SY",
    "Syrian Arab Republic": "SY",
    "Viet Nam": "VN",
    "Vietnam": "VN",
    "Socialist Republic of Viet Nam": "VN",
    "Myanmar": "MM",
    "Burma": "MM",
    "Myanmar (Burma)": "MM",
    "Myanmar/Burma": "MM",
    "DRC": "CD",
    "Democratic Republic of Congo": "CD",
    "Democratic Republic of the Congo": "CD",
    "the Democratic Republic of the Congo": "CD",
    "Republic of Congo": "CG",
    "Republic of the Congo": "CG",
    "Congo (Brazzaville)": "CG",
    "Côte d'Ivoire": "CI",
    "Cote d’Ivoire": "CI",
    "CÔTE D’IVOIRE": "CI",
    "Ivory Coast": "CI",
    "Russia": "RU",
    "Russian Federation": "RU",
    "South Korea": "KR",
    "Republic of Korea": "KR",
    "North Korea": "KP",
    "Democratic People’s Republic of Korea": "KP",
    "Laos": "LA",
    "Moldova": "MD",
    "Republic of Moldova": "MD",
    "Bolivia": "BO",
    "Venezuela": "VE",
    "Tanzania": "TZ",
    "United Republic of Tanzania": "TZ",
    "Macedonia": "MK",
    "Swaziland": "SZ",
    "Eswatini": "SZ",
    "Kingdom of Eswatini": "SZ",
    "Czech Republic": "CZ",
    "Cape Verde": "CV",
    "The Gambia": "GM",
    "the Bahamas": "BS",
    "Palestine": "PS",
    "Occupied Palestinian Territories": "PS",
    "OPT": "PS",
    "Palestinian Authority": "PS",
    "Taiwan": "TW",
    "Hong Kong": "HK",
    "Macau": "MO",
    "Turkey": "TR",
    "Türkiye": "TR",
    "Trinidad and Tobago": "TT",
    "Trinidad & Tobago": "TT",
    "Bosnia and Herzegovina": "BA",
    "Bosnia-Herzegovina": "BA",
    "Guinea-Bissau": "GW",
    "Guinea Bissau": "GW",
    "Guinea": "GN",
    "Equatorial Guinea": "GQ",
    "Timor-Leste": "TL",
    "East Timor": "TL",
    "Kingdom of Saudi Arabia": "SA",
    "People's Republic of China": "CN",
    "Republic of China": "TW",
    "St. Lucia": "LC",
    "Saint Kitts and Nevis": "KN",
    "Central African Republic": "CF",
    "Dominican Republic": "DO",
    "UAE": "AE",
    "State of Qatar": "QA",
    "Kyrgyz Republic": "KG",
    "Mexico": "MX",
    "Mé́xico": "MX",
}

NO_COUNTRIES = [
    "",
    "Congo",
    "Korea",
    "Kosovo",
    "Yugoslavia",
    "Federal Republic of Yugoslavia",
    "Zaire",
    "us",
    "Us",
    "car",
    "opt",
    "uk",
    "State of Georgia",
    "Chechen Republic",
    "Embassy of the Republic of Kazakhstan",
    "Nur-Sultan 010000",
    "New Jersey",
    "Tibet",
    "Republic of",
    "Kazakhstan Kazakhstan",
]


@pytest.mark.parametrize(("name", "code"), NAMES.items())
def test_a_country_is_known_by_the_names_that_urgent_actions_give_it(name: str, code: str) -> None:
    assert country_named(name) == code


@pytest.mark.parametrize("name", NO_COUNTRIES)
def test_what_is_no_country_or_more_than_one_has_no_code(name: str) -> None:
    assert country_named(name) is None


@pytest.mark.parametrize(("code", "name"), countries().items())
def test_every_country_of_the_tz_database_is_known(code: str, name: str) -> None:
    assert country_named(name) == code


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Syria/Lebanon", ("SY", "LB")),
        ("USA and Mexico", ("US", "MX")),
        ("Israel/OPT", ("IL", "PS")),
        ("Israel and the Occupied Palestinian Territories", ("IL", "PS")),
        ("ISRAEL / OCCUPIED PALESTINIAN TERRITORIES", ("IL", "PS")),
        ("Bosnia and Herzegovina", ("BA",)),
        ("Trinidad and Tobago and Jamaica", ("TT", "JM")),
        ("Egypt, Sudan and Eritrea", ("EG", "SD", "ER")),
        ("USA (Texas)", ("US",)),
        ("China (Taiwan)", ("TW",)),
        ("Myanmar/Burma", ("MM",)),
        ("Serbia/Kosovo", ("RS",)),
        ("Serbia and Montenegro", ()),
        ("Kosovo", ()),
        ("Syria/Syria", ("SY",)),
        ("Syria and a friend", ()),
        ("Mexico and", ()),
        ("", ()),
        ("He was sent from Syria to Lebanon", ()),
    ],
)
def test_several_countries_are_listed_in_their_order(text: str, codes: tuple[str, ...]) -> None:
    assert countries_in(text) == codes


@pytest.mark.parametrize(
    ("index", "code"),
    [
        ("EUR 57/0894/2019", "KZ"),
        ("eur57/0186/2019", "KZ"),
        ("MDE 12/075/2013", "EG"),
        ("AMR 51/035/2004", "US"),
        ("ASA 17/9113/2018", "CN"),
        ("AFR 53/17/94", "ZA"),
        ("MDE 15/001/2009", None),
        ("AFR 01/001/2010", None),
        ("EUR 57", None),
        ("XYZ 57/0894/2019", None),
        ("", None),
    ],
)
def test_an_index_tells_its_country_where_it_stands_for_one(index: str, code: str | None) -> None:
    assert country_of_index(index) == code


@given(st.text(max_size=300))
def test_any_text_gives_codes_or_nothing(text: str) -> None:
    assert country_named(text) in {None, *countries()}
    assert set(countries_in(text)) <= countries().keys()
    assert country_of_index(text) in {None, *countries()}


@given(st.lists(st.sampled_from([" and ", "/", ", ", "Syria", "(", ")", "Republic of "])))
def test_long_lists_are_read_at_once(words: list[str]) -> None:
    text = "".join(words) * 1000
    assert set(countries_in(text)) <= {"SY"}
    assert country_named(text) in {None, "SY"}
