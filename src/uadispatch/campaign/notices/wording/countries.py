"""Countries as Urgent Actions write them -> their codes; and the country of an index number.

It knows names, never where in a document one stands. A name that has no code today has none here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from uadispatch.campaign.codes import countries

__all__ = ["countries_in", "country_named", "country_of_index"]

_LONGEST = 100

_ALSO = {
    "AE": "UAE",
    "AG": "Antigua",
    "AR": "Argentine Republic",
    "AU": "Commonwealth of Australia",
    "BA": "Bosnia and Herzegovina; Bosnia-Herzegovina; Bosnia Herzegovina; Bosnia; BiH",
    "BO": "Plurinational State of Bolivia",
    "BN": "Brunei Darussalam",
    "BS": "Commonwealth of the Bahamas",
    "CD": "Democratic Republic of the Congo; Democratic Republic of Congo; DRC; DR Congo; "
    "D.R. Congo; Congo, Democratic Republic of; Congo (Democratic Republic); "
    "Congo (Democratic Republic of); Congo (Democratic Republic of the); "
    "Congo (DRC); Congo (Kinshasa); Congo-Kinshasa; Dem. Rep. of Congo; Dem. Rep. of the Congo",
    "CF": "Central African Republic; CAR",
    "CG": "Republic of Congo; Republic of the Congo; Congo (Republic); Congo (Republic of); "
    "Congo (Republic of the); Congo (Brazzaville); Congo-Brazzaville; Congo, Republic of",
    "CI": "Cote d'Ivoire; Ivory Coast",
    "CN": "People's Republic of China; PRC",
    "CV": "Cabo Verde",
    "CZ": "Czechia",
    "DM": "Commonwealth of Dominica",
    "ER": "State of Eritrea",
    "FK": "Falkland Islands (Malvinas)",
    "FM": "Federated States of Micronesia",
    "GB": "UK; United Kingdom; Great Britain; Britain; England; Scotland; Wales; "
    "Northern Ireland; United Kingdom of Great Britain and Northern Ireland",
    "GN": "Guinea (Conakry); Guinea-Conakry",
    "HK": "Hong Kong SAR; Hong Kong Special Administrative Region; China (Hong Kong); "
    "China/Hong Kong; Hong Kong (China)",
    "IE": "Eire",
    "IL": "State of Israel",
    "KN": "Saint Kitts and Nevis",
    "KG": "Kyrgyz Republic; Kyrgyzia; Kirgizstan",
    "KP": "North Korea; Democratic People's Republic of Korea; DPRK; "
    "Korea (Democratic People's Republic of); Korea (DPRK)",
    "KR": "South Korea; Republic of Korea; ROK; Korea (Republic of); Korea (ROK)",
    "KW": "State of Kuwait",
    "LA": "Lao People's Democratic Republic; Lao PDR; Lao People's Democratic Republic (Laos)",
    "LC": "Saint Lucia",
    "LY": "Libyan Arab Jamahiriya",
    "MK": "Macedonia; Former Yugoslav Republic of Macedonia; FYROM; FYR Macedonia; "
    "Macedonia (FYR); Macedonia (FYROM)",
    "MM": "Myanmar; Burma; Union of Myanmar; Burma (Myanmar); Burma/Myanmar; Myanmar/Burma",
    "MO": "Macao; Macao SAR; Macau SAR; China (Macau); Macau (China)",
    "MX": "United Mexican States",
    "NL": "Holland",
    "PG": "PNG",
    "PS": "Occupied Palestinian Territories; Occupied Palestinian Territory; OPT; "
    "Palestinian Authority; Palestinian Territories; Occupied Territories; State of Palestine; "
    "Areas under the jurisdiction of the Palestinian Authority; Palestinian National Authority",
    "QA": "State of Qatar",
    "RU": "Russian Federation",
    "SK": "Slovak Republic",
    "ST": "Sao Tome and Principe",
    "SY": "Syrian Arab Republic; Syrian Arabic Republic",
    "SZ": "Swaziland; Eswatini",
    "TL": "Timor-Leste; Timor Leste",
    "TR": "Türkiye; Turkiye",
    "TT": "Trinidad; Trinidad & Tobago",
    "TW": "Republic of China; China (Taiwan); Taiwan (Republic of China); Taiwan, China; "
    "China/Taiwan; Taiwan (ROC)",
    "TZ": "United Republic of Tanzania",
    "US": "USA; US; United States of America",
    "VA": "Holy See; Vatican",
    "VC": "Saint Vincent and the Grenadines",
    "VE": "Bolivarian Republic of Venezuela",
    "VN": "Viet Nam; Socialist Republic of Viet Nam; Socialist Republic of Vietnam",
    "WS": "Samoa; Western Samoa",
}
"""Names beside those of the tz database."""

_WITHOUT_CODE = (
    "Kosovo; Kosova; Yugoslavia; Federal Republic of Yugoslavia; FRY; FR Yugoslavia; "
    "Former Yugoslavia; Serbia and Montenegro; State Union of Serbia and Montenegro; "
    "Czechoslovakia; Soviet Union; USSR; East Germany; German Democratic Republic; GDR; Zaire; "
    "Netherlands Antilles; Northern Cyprus; Somaliland; Abkhazia; South Ossetia; Transnistria; "
    "Nagorno-Karabakh"
)
"""States and territories that have no code of their own, or none any more."""

# "Congo" and "Korea" alone are two countries each; a US state is one of the "State of".
_STATE_FORMS = re.compile(
    r"(?:(?:islamic|federal|democratic|arab|federative|socialist|people's|hellenic|co operative"
    r"|bolivarian|oriental|hashemite|union) ){0,3}(?:republic|kingdom|sultanate|emirate"
    r"|principality|grand duchy) of (?:the )?(?P<name>.+)"
)

_INDEX_CODES = {
    "AFR": "12 AO 15 BW 16 BI 17 CM 19 CF 20 TD 22 CG 23 DJ 24 GQ 25 ET 26 GA 27 GM 28 GH 29 GN "
    "30 GW 31 CI 32 KE 33 LS 34 LR 35 MG 36 MW 37 ML 38 MR 41 MZ 42 NA 43 NE 44 NG 46 ZW 47 RW "
    "49 SN 51 SL 52 SO 53 ZA 54 SD 55 SZ 56 TZ 57 TG 59 UG 60 BF 62 CD 63 ZM 64 ER 65 SS",
    "AMR": "13 AR 14 BS 15 BB 16 BZ 18 BO 19 BR 20 CA 22 CL 23 CO 25 CU 27 DO 28 EC 29 SV 34 GT "
    "35 GY 36 HT 37 HN 38 JM 41 MX 43 NI 44 PA 45 PY 46 PE 48 SR 49 TT 51 US 52 UY 53 VE",
    "ASA": "11 AF 12 AU 13 BD 14 BT 16 MM 17 CN 18 FJ 20 IN 21 ID 22 JP 23 KH 24 KP 25 KR 26 LA "
    "28 MY 29 MV 30 MN 31 NP 32 NZ 33 PK 34 PG 35 PH 36 SG 37 LK 38 TW 39 TH 41 VN 57 TL",
    "EUR": "11 AL 13 AT 14 BE 15 BG 17 CY 18 DK 20 FI 21 FR 23 DE 25 GR 27 HU 29 IE 30 IT 33 MT "
    "35 NL 36 NO 37 PL 38 PT 39 RO 41 ES 42 SE 43 CH 44 TR 45 GB 46 RU 49 BY 50 UA 51 EE 52 LV "
    "53 LT 54 AM 55 AZ 56 GE 57 KZ 58 KG 59 MD 60 TJ 61 TM 62 UZ 63 BA 64 HR 65 MK 68 SI 71 CZ "
    "72 SK",
    "MDE": "11 BH 12 EG 13 IR 14 IQ 16 JO 17 KW 18 LB 19 LY 20 OM 21 PS 22 QA 23 SA 24 SY 25 AE "
    "28 DZ 30 TN 31 YE",
}
"""The two figures after the region, each with its country. Those that stand for two countries
(MDE 15 Israel and the Occupied Palestinian Territories, MDE 29 Morocco and Western Sahara, EUR 70
Serbia and Kosovo) or for a region (01) are left out."""

_INDEX = re.compile(r"\s*(AFR|AMR|ASA|EUR|MDE)\s*([0-9]{2})\s*/", re.IGNORECASE | re.ASCII)


_ODD = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "`": "'", "\u00b4": "'", "\u00df": "ss", "&": " and ", ".": ""}
)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_ODD))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    words = re.sub(r"[\s\-\u2010-\u2015]+", " ", plain).strip(" ,;:").split(" ")
    if words[0] == "the":
        words = words[1:]
    return " ".join("saint" if word == "st" else word for word in words)


@cache
def _codes() -> dict[str, str]:
    found = {_folded(name): code for code, name in countries().items()}
    for code, names in _ALSO.items():
        found |= {_folded(name): code for name in names.split(";")}
    return found


@cache
def _capitals_only() -> frozenset[str]:
    # "us", "car" and "opt" are words too.
    names = [name.strip() for names in _ALSO.values() for name in names.split(";")]
    return frozenset(_folded(name) for name in names if name.isupper() and len(name) <= len("USA"))


@cache
def _without_code() -> frozenset[str]:
    return frozenset(_folded(name) for name in _WITHOUT_CODE.split(";"))


def country_named(text: str) -> str | None:
    """The code of the country whose name `text` is, whatever its case and accents; else None.

    Short forms such as ``USA`` and ``DRC`` count in capitals only. None too for a name that stands
    for two countries (``Congo``) or has no code today (``Kosovo``).
    """
    if len(text) > _LONGEST:
        return None
    name = _folded(text)
    if name in _capitals_only() and not text.strip(" ,;:").removeprefix("the ").isupper():
        return None
    code = _codes().get(name)
    if code is None and (formal := _STATE_FORMS.fullmatch(name)):
        code = _codes().get(formal["name"])
    return code


def _named(text: str) -> tuple[str, ...] | None:
    """The code in a tuple; an empty one for a name that has none; None for no name."""
    code = country_named(text)
    if code is None and "(" in text:
        code = country_named(re.sub(r"\([^()]*\)", " ", text))
    if code is not None:
        return (code,)
    return () if _folded(text) in _without_code() else None


_JOINS = re.compile(r"\s+(?:and|&)\s+|\s*[;+]\s*", re.IGNORECASE)


def countries_in(text: str) -> tuple[str, ...]:
    """The codes of the countries that `text` lists (``Syria/Lebanon``), in its order.

    None of them if it holds anything else than countries, apart from remarks in brackets.
    """
    if len(text) > _LONGEST:
        return ()
    words = re.split(r"(\s*[/,;+]\s*|\s+(?:and|&)\s+|\s+[-\u2013]\s+)", text)
    found: list[str] = []
    joined = False
    while words:
        # The longest name first: "Bosnia and Herzegovina" is one.
        for end in range(len(words), 0, -2):
            codes = _named("".join(words[:end]))
            if codes is not None:
                # "USA - Georgia" is the state.
                state = found[-1:] == ["US"] and codes == ("GE",) and not joined
                found += [code for code in codes if code not in found and not state]
                joined = _JOINS.fullmatch("".join(words[end : end + 1])) is not None
                words = words[end + 1 :]
                break
        else:
            return ()
    return tuple(found)


@cache
def _by_index() -> dict[str, str]:
    found: dict[str, str] = {}
    for region, listed in _INDEX_CODES.items():
        words = listed.split()
        found |= {
            region + figures: code for figures, code in zip(words[::2], words[1::2], strict=True)
        }
    return found


def country_of_index(index: str) -> str | None:
    """The country that an index number such as ``EUR 57/0894/2019`` is filed under.

    None where its two figures stand for several countries, or are not known for sure.
    """
    found = _INDEX.match(index)
    return _by_index().get(found[1].upper() + found[2]) if found else None
