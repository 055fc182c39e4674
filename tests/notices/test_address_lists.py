"""Address lists of all the years, with officials and countries as they stood there.

Names, addresses and numbers are made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from targetkit import lines_of, more, questions, read, said
from uadispatch.campaign.model import Target
from uadispatch.campaign.notices.document import Document
from uadispatch.campaign.notices.parts.sections import divide
from uadispatch.campaign.notices.targets.targets import read_targets

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One official as a document has it, and as it must be read."""

    text: str
    country: str
    read: dict[str, str]
    more: list[tuple[str, str]] = field(default_factory=list)
    asks: int = 0


ENTRIES = {
    "office, name": Entry(
        """
Minister of Justice
Mr Joseph Wanga
Ministry of Justice
PO Box 100
Nairobi
Kenya
Fax: +254 20 555 0100
Email: minister@justice.example.org
Salutation: Dear Minister""",
        "KE",
        {
            "id": "minister-of-justice",
            "name": "Mr Joseph Wanga",
            "role": "Minister of Justice",
            "salutation": "Dear Minister",
            "country": "KE",
            "timezone": "Africa/Nairobi",
            "address": "Ministry of Justice\nPO Box 100\nNairobi\nKenya",
            "fax": "+254 20 555 0100",
            "email": "minister@justice.example.org",
        },
    ),
    "name, office": Entry(
        """
Ana Wambui
Minister of Health
Afya House, Cathedral Road
Nairobi, Kenya
E-mail: ana@health.example.org; office@health.example.org""",
        "KE",
        {
            "id": "minister-of-health",
            "name": "Ana Wambui",
            "role": "Minister of Health",
            "country": "KE",
            "timezone": "Africa/Nairobi",
            "address": "Afya House, Cathedral Road\nNairobi, Kenya",
            "email": "ana@health.example.org",
        },
        [("email", "office@health.example.org")],
    ),
    "the leader": Entry(
        """
Leader of the Islamic Republic
Ayatollah Sayed Reza Karimi
The Office of the Supreme Leader
Islamic Republic Street – End of Narenj Street
Tehran, Islamic Republic of Iran
Email: via website http://www.leader.example.org/contact
Twitter: @leader_example
Salutation: Your Excellency""",
        "IR",
        {
            "id": "leader-of-the-islamic-republic",
            "name": "Ayatollah Sayed Reza Karimi",
            "role": "Leader of the Islamic Republic",
            "salutation": "Your Excellency",
            "country": "IR",
            "timezone": "Asia/Tehran",
            "address": "The Office of the Supreme Leader\n"
            "Islamic Republic Street – End of Narenj Street\nTehran, Islamic Republic of Iran",
            "twitter": "@leader_example",
        },
        [("via website", "http://www.leader.example.org/contact")],
    ),
    "c/o": Entry(
        """
Head of the Judiciary
Ayatollah Amin Hosseini
c/o Public Relations Office
Number 4, 2 Narenj Street intersection
Tehran, Islamic Republic of Iran
Email: info@judiciary.example.org (Subject line: FAO Ayatollah Hosseini)""",
        "IR",
        {
            "id": "head-of-the-judiciary",
            "name": "Ayatollah Amin Hosseini",
            "role": "Head of the Judiciary",
            "country": "IR",
            "timezone": "Asia/Tehran",
            "address": "c/o Public Relations Office\nNumber 4, 2 Narenj Street intersection\n"
            "Tehran, Islamic Republic of Iran",
            "email": "info@judiciary.example.org",
        },
    ),
    "a label glued to the address": Entry(
        """
Governor Dale Hartman
2300 N. Lincoln Blvd., Suite 212
Oklahoma City, OK 73105fax: 1 405 555 0153
Contact Form: https://governor.example.org/contact""",
        "US",
        {
            "id": "governor",
            "name": "Dale Hartman",
            "role": "Governor",
            "country": "US",
            "timezone": "America/Chicago",
            "address": "2300 N. Lincoln Blvd., Suite 212\nOklahoma City, OK 73105",
            "fax": "1 405 555 0153",
        },
        [("contact form", "https://governor.example.org/contact")],
    ),
    "a board": Entry(
        """
Texas Board of Pardons and Paroles
P.O. Box 13401
Austin, TX 78711, USA
Fax (512) 555 0120
Salutation: Dear Board members""",
        "US",
        {
            "id": "texas-board-of-pardons-and-paroles",
            "name": "Texas Board of Pardons and Paroles",
            "salutation": "Dear Board members",
            "country": "US",
            "timezone": "America/Chicago",
            "address": "P.O. Box 13401\nAustin, TX 78711, USA",
            "fax": "(512) 555 0120",
        },
    ),
    "both on one line": Entry(
        """
Prosecutor General Zhanibek Seitov
Prospect Mira, 14
Nur-Sultan 010000
Kazakhstan
Phone: +7 7172 55 01 01 I Fax: +7 7172 55 01 02""",
        "KZ",
        {
            "id": "prosecutor-general",
            "name": "Zhanibek Seitov",
            "role": "Prosecutor General",
            "country": "KZ",
            "timezone": "Asia/Almaty",
            "address": "Prospect Mira, 14\nNur-Sultan 010000\nKazakhstan",
            "phone": "+7 7172 55 01 01",
            "fax": "+7 7172 55 01 02",
        },
    ),
    "all on one line": Entry(
        """
Minister of Justice, Mr Ion Popa, Ministry of Justice, 12 Florilor Street, Chisinau, Moldova, \
Fax: +373 22 555 010, Email: cancelaria@justice.example.org, Salutation: Dear Minister""",
        "MD",
        {
            "id": "minister-of-justice",
            "name": "Mr Ion Popa",
            "role": "Minister of Justice",
            "salutation": "Dear Minister",
            "country": "MD",
            "timezone": "Europe/Chisinau",
            "address": "Ministry of Justice, 12 Florilor Street, Chisinau, Moldova",
            "fax": "+373 22 555 010",
            "email": "cancelaria@justice.example.org",
        },
    ),
    "an embassy": Entry(
        """
Embassy of the Republic of Peru
H.E. Lucia Quispe
1700 Massachusetts Ave NW, Washington DC 20036
Phone: 202 555 0104 I Fax: 202 555 0105
Email: info@embassy.example.org
Twitter: @PeruEmbassyEx
Salutation: Dear Ambassador""",
        "PE",
        {
            "id": "ambassador-us",
            "name": "H.E. Lucia Quispe",
            "role": "Ambassador of Peru",
            "salutation": "Dear Ambassador",
            "country": "US",
            "represents": "PE",
            "timezone": "America/New_York",
            "address": "Embassy of the Republic of Peru\n"
            "1700 Massachusetts Ave NW, Washington DC 20036",
            "phone": "202 555 0104",
            "fax": "202 555 0105",
            "email": "info@embassy.example.org",
            "twitter": "@PeruEmbassyEx",
        },
    ),
    "a mission": Entry(
        """
His Excellency Mr Bashir Jalal
Ambassador Extraordinary and Plenipotentiary
Permanent Mission of the Syrian Arab Republic to the United Nations
820 Second Avenue, 15th Floor
New York, NY 10017, USA
Fax: +1 212 555 0139""",
        "SY",
        {
            "id": "ambassador-us",
            "name": "His Excellency Mr Bashir Jalal",
            "role": "Ambassador Extraordinary and Plenipotentiary",
            "salutation": "Dear Ambassador",
            "country": "US",
            "represents": "SY",
            "timezone": "America/New_York",
            "address": "Permanent Mission of the Syrian Arab Republic to the United Nations\n"
            "820 Second Avenue, 15th Floor\nNew York, NY 10017, USA",
            "fax": "+1 212 555 0139",
        },
    ),
    "labels without a colon": Entry(
        """
Prosecutor General
Viktar Kazlou
vul. Lipavaja 22
220030 Minsk
Belarus
Tel/Fax +375 17 255 50 10
E-mail info@prokuratura.example.org""",
        "BY",
        {
            "id": "prosecutor-general",
            "name": "Viktar Kazlou",
            "role": "Prosecutor General",
            "country": "BY",
            "timezone": "Europe/Minsk",
            "address": "vul. Lipavaja 22\n220030 Minsk\nBelarus",
            "phone": "+375 17 255 50 10",
            "fax": "+375 17 255 50 10",
            "email": "info@prokuratura.example.org",
        },
    ),
    "values on the next line": Entry(
        """
Director
Li Weiguo
Beijing Municipal Public Security Bureau
9 Dongda Jie, Dongcheng Qu
Beijingshi 100740
People's Republic of China
Fax:
+86 10 6555 0100
+86 10 6555 0101
Email:
gaj@police.example.org
Salutation:
Dear Director""",
        "CN",
        {
            "id": "director",
            "name": "Li Weiguo",
            "role": "Director",
            "salutation": "Dear Director",
            "country": "CN",
            "timezone": "Asia/Shanghai",
            "address": "Beijing Municipal Public Security Bureau\n9 Dongda Jie, Dongcheng Qu\n"
            "Beijingshi 100740\nPeople's Republic of China",
            "fax": "+86 10 6555 0100",
            "email": "gaj@police.example.org",
        },
        [("fax", "+86 10 6555 0101")],
    ),
    "remarks, and an email that a page hides": Entry(
        """
Prime Minister
Laurent Pierre
33 Boulevard de la Paix
Port-au-Prince, Haiti
Fax: +509 2555 0100 (please keep trying)
Email: [email protected]""",
        "HT",
        {
            "id": "prime-minister",
            "name": "Laurent Pierre",
            "role": "Prime Minister",
            "country": "HT",
            "timezone": "America/Port-au-Prince",
            "address": "33 Boulevard de la Paix\nPort-au-Prince, Haiti",
            "fax": "+509 2555 0100",
        },
    ),
    "no post": Entry(
        """
President of the Republic
His Excellency Idriss Mahamat
No mail service
Fax: +235 22 55 50 10 (if a voice answers, repeat “fax”)
Salutation: Dear President / Your Excellency""",
        "TD",
        {
            "id": "president-of-the-republic",
            "name": "His Excellency Idriss Mahamat",
            "role": "President of the Republic",
            "salutation": "Dear President",
            "country": "TD",
            "timezone": "Africa/Ndjamena",
            "fax": "+235 22 55 50 10",
        },
    ),
    "an email in the fax field": Entry(
        """
Minister of Justice
Lamin Jatta
Marina Parade, Banjul, Gambia
Fax: minister@justice.example.org""",
        "GM",
        {
            "id": "minister-of-justice",
            "name": "Lamin Jatta",
            "role": "Minister of Justice",
            "country": "GM",
            "timezone": "Africa/Banjul",
            "address": "Marina Parade, Banjul, Gambia",
        },
        [("fax", "minister@justice.example.org")],
        asks=1,
    ),
    "a king, and a fax by way of another office": Entry(
        """
King and Prime Minister
His Majesty King Faris bin Nasser Al Mansour
Office of His Majesty the King
Royal Court, Riyadh
Kingdom of Saudi Arabia
Fax: (via Ministry of the Interior) +966 11 555 0125 (please keep trying)
Salutation: Your Majesty""",
        "SA",
        {
            "id": "king-and-prime-minister",
            "name": "His Majesty King Faris bin Nasser Al Mansour",
            "role": "King and Prime Minister",
            "salutation": "Your Majesty",
            "country": "SA",
            "timezone": "Asia/Riyadh",
            "address": "Office of His Majesty the King\nRoyal Court, Riyadh\n"
            "Kingdom of Saudi Arabia",
            "fax": "+966 11 555 0125",
        },
    ),
    "Spanish": Entry(
        """
Gobernador del Estado de Oaxaca
Lic. Gabriel Ruiz Marín
Palacio de Gobierno
Plaza de la Constitución, Centro
Oaxaca, C.P. 68000, Oaxaca, México
Telephone/Fax: + 52 951 555 0102
Salutation: Dear Governor / Estimado Gobernador""",
        "MX",
        {
            "id": "gobernador-del-estado-de-oaxaca",
            "name": "Lic. Gabriel Ruiz Marín",
            "role": "Gobernador del Estado de Oaxaca",
            "salutation": "Dear Governor",
            "country": "MX",
            "timezone": "America/Mexico_City",
            "address": "Palacio de Gobierno\nPlaza de la Constitución, Centro\n"
            "Oaxaca, C.P. 68000, Oaxaca, México",
            "phone": "+ 52 951 555 0102",
            "fax": "+ 52 951 555 0102",
        },
    ),
    "a greeting in the right-hand column": Entry(
        """
President of the Republic of Colombia
Senor Presidente Andres Rojas          Senor Presidente / Dear President
Palacio de Narino, Carrera 8 No. 7-26
Santafe de Bogota, Colombia
Telegrams: Presidente Rojas, Bogota, Colombia
Faxes: + 57 1 555 0186 / + 57 1 555 0187""",
        "CO",
        {
            "id": "president-of-the-republic-of-colombia",
            "name": "Senor Presidente Andres Rojas",
            "role": "President of the Republic of Colombia",
            "salutation": "Senor Presidente",
            "country": "CO",
            "timezone": "America/Bogota",
            "address": "Palacio de Narino, Carrera 8 No. 7-26\nSantafe de Bogota, Colombia",
            "fax": "+ 57 1 555 0186",
        },
        [
            ("telegrams", "Presidente Rojas, Bogota, Colombia"),
            ("fax", "+ 57 1 555 0187"),
        ],
    ),
    "a greeting in brackets beside the name": Entry(
        """
Attorney General
Dr Alfonso Gil   (Dear Dr Gil)
Apartado Aereo 29855
Santafe de Bogota, Colombia
Faxes: + 57 1 555 0126""",
        "CO",
        {
            "id": "attorney-general",
            "name": "Dr Alfonso Gil",
            "role": "Attorney General",
            "salutation": "Dear Dr Gil",
            "country": "CO",
            "timezone": "America/Bogota",
            "address": "Apartado Aereo 29855\nSantafe de Bogota, Colombia",
            "fax": "+ 57 1 555 0126",
        },
    ),
    "a British postcode": Entry(
        """
Secretary of State for the Home Department
The Rt Hon Jane Whitfield MP
2 Marsham Street
London SW1P 4DF
Email: public@home.example.org CC: office@home.example.org""",
        "GB",
        {
            "id": "secretary-of-state-for-the-home-department",
            "name": "The Rt Hon Jane Whitfield MP",
            "role": "Secretary of State for the Home Department",
            "country": "GB",
            "timezone": "Europe/London",
            "address": "2 Marsham Street\nLondon SW1P 4DF",
            "email": "public@home.example.org",
        },
        [("cc", "office@home.example.org")],
    ),
    "contacts without labels": Entry(
        """
Prime Minister
General Somchai Prasert
Government House
Pitsanulok Road, Bangkok 10300
Thailand
opm@opm.example.org
+66 2 555 0100""",
        "TH",
        {
            "id": "prime-minister",
            "name": "General Somchai Prasert",
            "role": "Prime Minister",
            "country": "TH",
            "timezone": "Asia/Bangkok",
            "address": "Government House\nPitsanulok Road, Bangkok 10300\nThailand",
            "email": "opm@opm.example.org",
        },
        [("number", "+66 2 555 0100")],
    ),
    "several networks on one line": Entry(
        """
Head of Papua Regional Police
Inspector General Budi Santoso
Jl. Dr. Sam Ratulangi No. 8
Jayapura 99112
Papua, Indonesia
Twitter/X: @PoldaEx, Instagram: @polda_ex | Facebook: https://www.facebook.com/polda.example
Salutation: Dear Inspector General""",
        "ID",
        {
            "id": "head-of-papua-regional-police",
            "name": "Inspector General Budi Santoso",
            "role": "Head of Papua Regional Police",
            "salutation": "Dear Inspector General",
            "country": "ID",
            "timezone": "Asia/Jayapura",
            "address": "Jl. Dr. Sam Ratulangi No. 8\nJayapura 99112\nPapua, Indonesia",
            "twitter": "@PoldaEx",
            "facebook": "https://www.facebook.com/polda.example",
        },
        [("instagram", "@polda_ex")],
    ),
    "an address below the contacts": Entry(
        """
Inspector General of Police
Grace Mumba
Email: ig@police.example.org
Fax: +260 211 555 010
P.O. Box 50103
Lusaka, Zambia""",
        "ZM",
        {
            "id": "inspector-general-of-police",
            "name": "Grace Mumba",
            "role": "Inspector General of Police",
            "country": "ZM",
            "timezone": "Africa/Lusaka",
            "address": "P.O. Box 50103\nLusaka, Zambia",
            "fax": "+260 211 555 010",
            "email": "ig@police.example.org",
        },
    ),
    "no country, national numbers": Entry(
        """
Minister of Justice
Mr Ahmet Demirci
Adalet Bakanligi
Fax: 0312 555 0110""",
        "TR",
        {
            "id": "minister-of-justice",
            "name": "Mr Ahmet Demirci",
            "role": "Minister of Justice",
            "country": "TR",
            "timezone": "Europe/Istanbul",
            "address": "Adalet Bakanligi",
            "fax": "0312 555 0110",
        },
    ),
    "numbers by way of another country": Entry(
        """
President of the Republic
Ernesto Vidal
Havana, Cuba
Fax: +53 7 555 0185 (via Foreign Ministry); +1 212 555 0178 (via Cuban Mission to UN)
Salutation: Your Excellency,""",
        "CU",
        {
            "id": "president-of-the-republic",
            "name": "Ernesto Vidal",
            "role": "President of the Republic",
            "salutation": "Your Excellency",
            "country": "CU",
            "timezone": "America/Havana",
            "address": "Havana, Cuba",
            "fax": "+53 7 555 0185",
        },
        [("fax", "+1 212 555 0178")],
    ),
    "an office on two lines": Entry(
        """
Minister of Justice and
Acting Prime Minister
Mr Kim Do-yun
47 Gwanmun-ro, Gwacheon
South Korea
Web form: https://moj.example.org/form""",
        "KR",
        {
            "id": "minister-of-justice-and-acting-prime-minister",
            "name": "Mr Kim Do-yun",
            "role": "Minister of Justice and Acting Prime Minister",
            "country": "KR",
            "timezone": "Asia/Seoul",
            "address": "47 Gwanmun-ro, Gwacheon\nSouth Korea",
        },
        [("web form", "https://moj.example.org/form")],
    ),
    "lines that end in commas": Entry(
        """
Minister of Public Security:
Tran Van Nam,
44 Yet Kieu Street,
Ha Noi, Viet Nam.
Fax: +84 4 3555 0100""",
        "VN",
        {
            "id": "minister-of-public-security",
            "name": "Tran Van Nam",
            "role": "Minister of Public Security",
            "country": "VN",
            "timezone": "Asia/Ho_Chi_Minh",
            "address": "44 Yet Kieu Street,\nHa Noi, Viet Nam.",
            "fax": "+84 4 3555 0100",
        },
    ),
    "labels for name and office": Entry(
        """
Name: Avi Barak
Title: Minister of Defence
Address: 37 Kaplan Street, Tel Aviv 61909, Israel
Fax: +972 3 555 0100 OR +972 3 555 0101
Phone: +972 3 555 0102 ext. 4""",
        "IL",
        {
            "id": "minister-of-defence",
            "name": "Avi Barak",
            "role": "Minister of Defence",
            "country": "IL",
            "timezone": "Asia/Jerusalem",
            "address": "37 Kaplan Street, Tel Aviv 61909, Israel",
            "phone": "+972 3 555 0102 ext. 4",
            "fax": "+972 3 555 0100",
        },
        [("fax", "+972 3 555 0101")],
    ),
}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_an_official_is_read_with_every_contact(entry: Entry) -> None:
    found = read(entry.text, country=entry.country)
    (target,) = found.targets
    assert said(target) == entry.read
    assert more(target) == entry.more
    assert len(questions(found)) == entry.asks
    Target.model_validate(said(target))


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_empty_lines_between_all_lines_change_nothing(entry: Entry) -> None:
    (target,) = read(entry.text.strip().replace("\n", "\n\n"), country=entry.country).targets
    assert (said(target), more(target)) == (entry.read, entry.more)


TOGETHER = [
    name
    for name, entry in ENTRIES.items()
    if name not in {"no country, national numbers", "no post"}
]
"""Those whose country their own address tells."""


@pytest.mark.parametrize("parted", ["\n\n", "\nand\n", "\n\nOR\n\n"])
def test_each_of_two_officials_keeps_what_is_his(parted: str) -> None:
    for first, second in pairs():
        found = read(first.text.strip() + parted + second.text.strip())
        assert [said(t) for t in found.targets] == [first.read, second.read]
        assert [more(t) for t in found.targets] == [first.more, second.more]


def test_with_nothing_between_two_officials_each_keeps_his_or_a_person_is_asked() -> None:
    asked = 0
    for first, second in pairs():
        found = read(first.text.strip() + "\n" + second.text.strip())
        if not found.targets:
            asked += 1
            assert questions(found)
        else:
            assert [said(t) for t in found.targets] == [first.read, second.read]
            assert [more(t) for t in found.targets] == [first.more, second.more]
    assert asked < len(TOGETHER) * 2


def pairs() -> list[tuple[Entry, Entry]]:
    together = [ENTRIES[name] for name in TOGETHER]
    return [
        (one, other)
        for one, other in permutations(together, 2)
        if one.read["id"] != other.read["id"]
    ]


@pytest.mark.parametrize(
    ("document", "names", "copies"),
    [
        (
            "sample-v1.txt",
            ["Sr. Presidente Ernesto Villalba Soto", "Dr. Nestor Quiroga Paz"],
            ["Human rights organization"],
        ),
        (
            "sample-v2.txt",
            ["His Excellency Idris Haddad", "His Excellency Brigadier Nabil Shahin"],
            [],
        ),
        ("sample-v3.txt", ["Anwar Mansuri", "Hisham Barakati"], ["Mahy Latifi"]),
        ("sample-v4.txt", ["Agron Dushku"], ["Mira Tafaj"]),
        ("sample-v5.txt", ["Jaffe Okonjo"], ["High Commissioner of Zamunda in London"]),
        ("ua-46-19-final-output.txt", [], []),
    ],
)
def test_whole_documents_of_each_layout_are_read(
    root: Path, document: str, names: list[str], copies: list[str]
) -> None:
    lines = lines_of((root / "tests/documents" / document).read_text(encoding="utf-8"))
    whole = Document(document, tuple(lines))
    found = read_targets(whole, divide(whole), opening=None, country=None)
    assert [target.name.value for target in found.targets] == names
    assert [target.name.value for target in found.copies] == copies
    for target in found.targets:
        assert said(target, "fax", "email")
