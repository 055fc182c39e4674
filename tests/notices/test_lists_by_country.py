"""Address lists as the documents about one country or another have them: none is thrown out.

Offices and towns are those of the years; names, addresses and numbers are made up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targetkit import questions, read
from uadispatch.campaign.notices.targets.one_line import parted

if TYPE_CHECKING:
    from uadispatch.campaign.notices.notice import Found


@dataclass(frozen=True)
class AddressList:
    """The entries of a list, and the name, office, and first line of the address of each."""

    home: str
    text: str
    read: list[tuple[str, str | None, str | None]]


LISTS = {
    "office again in Spanish": AddressList(
        "HN",
        """
Attorney General
Lic. Mario Alberto Fuentes
Fiscal General de la República
Lomas del Bosque, Avenida Los Pinos
Tegucigalpa
HONDURAS
Fax: +504 2255 0156
Email: fiscal@example.org
Salutation: Dear Attorney General / Estimado Sr. Fiscal General

Minister of Security
Sr. Tomás Arce
Secretario de Seguridad
Cuartel General de Casamata
Tegucigalpa
HONDURAS
Fax: +504 2255 0161 (please keep trying)
Salutation: Dear Minister""",
        [
            ("Lic. Mario Alberto Fuentes", "Attorney General", "Fiscal General de la República"),
            ("Sr. Tomás Arce", "Minister of Security", "Secretario de Seguridad"),
        ],
    ),
    "head of state": AddressList(
        "CU",
        """
Head of State and Government
Rubén Prado Mena
Presidente de la República de Cuba
La Habana, Cuba
Fax: +53 7 833 3085 (via Foreign Ministry); +1 212 555 0155 (via Cuban Mission to UN)
Email: cuba@example.org (c/o Cuban Mission to UN)
Salutation: Your Excellency
Interior Minister
General Abel Prado Mena
Ministerio del Interior y Prisiones
Plaza de los Laureles, La Habana, Cuba
Fax: +1 212 555 0155 (via Cuban Mission to UN)
Email: interior@example.org
Salutation: Your Excellency/Su Excelencia""",
        [
            (
                "Rubén Prado Mena",
                "Head of State and Government",
                "Presidente de la República de Cuba",
            ),
            ("General Abel Prado Mena", "Interior Minister", "Ministerio del Interior y Prisiones"),
        ],
    ),
    "remark below the fax": AddressList(
        "EG",
        """
Public Prosecutor
Hatem Nabil Sabry
Office of the Public Prosecutor
Supreme Court House, 1 "12 May" Road
Cairo, Arab Republic of Egypt
Fax: +20 2 2555 4716
(switched off after office hours, GMT+2)
Salutation: Dear Counsellor

Interim President
Adly Nabil Sabry
Office of the President
Al Nakhil Palace
Cairo, Arab Republic of Egypt
Fax: +20 2 2555 1441
Salutation: Your Excellency""",
        [
            ("Hatem Nabil Sabry", "Public Prosecutor", "Office of the Public Prosecutor"),
            ("Adly Nabil Sabry", "Interim President", "Office of the President"),
        ],
    ),
    "Egyptian counsellor": AddressList(
        "EG",
        """
President
His Excellency Mohammad Nabil Sabry
‘Abdine Palace
Cairo
Arab Republic of Egypt
Fax: +20 2 2391 1441
Salutation: Your Excellency

Public Prosecutor
Counsellor Maher ‘Abd al-Nasser
Dar al-Qadha al-‘Ali
Palm Street
Cairo
Arab Republic of Egypt
Fax: +20 2 2577 4716
Salutation: Dear Counsellor

Minister of the Interior
General Habib Ibrahim al-Sabry
Ministry of the Interior
Al-Sheikh Yusuf Street
Bab al-Louk
Cairo
Arab Republic of Egypt
Email: moi@example.org
Salutation: Your Excellency""",
        [
            ("His Excellency Mohammad Nabil Sabry", "President", "‘Abdine Palace"),
            ("Counsellor Maher ‘Abd al-Nasser", "Public Prosecutor", "Dar al-Qadha al-‘Ali"),
            (
                "General Habib Ibrahim al-Sabry",
                "Minister of the Interior",
                "Ministry of the Interior",
            ),
        ],
    ),
    "Mexican addresses": AddressList(
        "MX",
        """
Minister of the Interior
Lic. Andrés Vidal Osorio
Secretario de Gobernación
Secretaría de Gobernación
Bucarest 99, 1er. piso, Col. Juárez Norte
Del. Cuauhtémoc, C.P. 06600, México D.F., México
Fax: +52 55 5093 3414
Salutation: Señor Secretario / Dear Minister

Governor of Chiapas
Lic. Joaquín Solís Guerra
Gobernador del Estado de Chiapas
Palacio de Gobierno del Estado de Chiapas, 1er Piso
Av. Central y Primera Oriente, Colonia Centro, C.P. 29009
Tuxtla Gutiérrez, Chiapas, México
Fax: +52 961 618 8088
Salutation: Estimado Sr. Gobernador / Dear Governor

Attorney General of Guerrero State
Mtro. Javier Olmos Peña
Procurador General de Justicia del Estado de Guerrero
Boulevard Río Verde
Col. El Potrerito Alto, C.P. 39098
Chilpancingo, Guerrero, México
Email: procurador@example.org
Salutation: Dear Attorney General""",
        [
            ("Lic. Andrés Vidal Osorio", "Minister of the Interior", "Secretario de Gobernación"),
            (
                "Lic. Joaquín Solís Guerra",
                "Governor of Chiapas",
                "Gobernador del Estado de Chiapas",
            ),
            (
                "Mtro. Javier Olmos Peña",
                "Attorney General of Guerrero State",
                "Procurador General de Justicia del Estado de Guerrero",
            ),
        ],
    ),
    "Colombian addresses": AddressList(
        "CO",
        """
President
Señor Presidente Álvaro Rincón Vela
Presidencia de la República
Palacio de los Cerros, Carrera 8 No.7-26
Bogotá, Colombia
Fax: +57 1 566 2071
Salutation: Dear President Rincón/ Excmo. Sr. Presidente Rincón

Minister of Defence
Dr. Camilo Ospina Reyes
Ministerio de Defensa Nacional
Avenida El Dorado CAN, Carrera 52
Bogotá, Colombia
Fax: +57 1 222 1874
Salutation: Dear Dr. Ospina/ Estimado Sr. Ministro

Attorney General
Dr. Mario Iguarán
Fiscal General de la Nación
Fiscalía General de la Nación
Diagonal 22 B No. 52-01 (Ciudad Salitre)
Bogotá, Colombia
Fax: +57 1 570 2000 (when prompted enter extension 2017)
Salutation: Dear Dr Iguarán/ Estimado Dr. Iguarán""",
        [
            ("Señor Presidente Álvaro Rincón Vela", "President", "Presidencia de la República"),
            ("Dr. Camilo Ospina Reyes", "Minister of Defence", "Ministerio de Defensa Nacional"),
            ("Dr. Mario Iguarán", "Attorney General", "Fiscal General de la Nación"),
        ],
    ),
    "general of a division": AddressList(
        "HN",
        """
Minister of Security
General de División Julio Pavón
Secretaría de Estado en el Despacho de Seguridad, Aldea el Pinar
Antiguo Local de la Academia Nacional de Policía
Tegucigalpa, Honduras
Email: seguridad@example.org

Commander of the Third Brigade
Coronel Tomás Arce
Tercera Brigada
Cali, Colombia
Fax: +57 2 555 0134

Director of Police
General de Brigada Luis Arce
Cuartel General de Casamata
Tegucigalpa, Honduras
Email: policia@example.org""",
        [
            (
                "General de División Julio Pavón",
                "Minister of Security",
                "Secretaría de Estado en el Despacho de Seguridad, Aldea el Pinar",
            ),
            ("Coronel Tomás Arce", "Commander of the Third Brigade", "Tercera Brigada"),
            ("General de Brigada Luis Arce", "Director of Police", "Cuartel General de Casamata"),
        ],
    ),
    "Pakistani houses": AddressList(
        "PK",
        """
Chief Minister of Balochistan
Nawab Aslam Mengal
Chief Minister House, Quetta, Balochistan, Pakistan
Fax: +92 81 920 2240
Salutation: Dear Chief Minister

Prime Minister
Mr Nadeem Sharafat
Prime Minister House, Secretariat
Constitution Avenue
Islamabad, Pakistan
Fax: (+92) 51 922 1596
Salutation: Dear Prime Minister

President of Pakistan
Mr Mushtaq Hussain
President's Secretariat
Aiwan-e-Gulab
Islamabad, Pakistan
Fax: +92 51 920 8479
Salutation: Dear President

Minister for Law, Justice and Human Rights
Room 305, S-Block
Pakistan Secretariat
Islamabad
Pakistan
Fax: +92 51 920 2628""",
        [
            (
                "Nawab Aslam Mengal",
                "Chief Minister of Balochistan",
                "Chief Minister House, Quetta, Balochistan, Pakistan",
            ),
            ("Mr Nadeem Sharafat", "Prime Minister", "Prime Minister House, Secretariat"),
            ("Mr Mushtaq Hussain", "President of Pakistan", "President's Secretariat"),
            ("Minister for Law, Justice and Human Rights", None, "Room 305, S-Block"),
        ],
    ),
    "boards and governors": AddressList(
        "US",
        """
Oklahoma Pardon and Parole Board
First National Center
120 N. Maple Ave., Suite 900W
Oklahoma City, OK 73102
Fax: 1 405 555 0107
Salutation: Dear Board Members
Governor Dale Hartman
Oklahoma State Capitol Building
2300 N. Lincoln Blvd., Room 212
Oklahoma City, OK 73105
Fax: 1 405 555 0153
Email: via website: http://www.example.org/governor/message
Salutation: Dear Governor

Georgia State Board of Pardons and Paroles
2 Martin Luther King, Jr. Drive, SE
Suite 458, Balcony Level, East Tower
Atlanta, Georgia 30334-4909
Fax: 1 404 555 0102
Salutation: Dear Board members

Clemency Section
Texas Board of Pardons and Paroles
8610 Shoal Brook Boulevard
Austin, TX 78757-6814
Fax: 1 512 555 0107
Salutation: Dear Board Members""",
        [
            ("Oklahoma Pardon and Parole Board", None, "First National Center"),
            ("Dale Hartman", "Governor", "Oklahoma State Capitol Building"),
            (
                "Georgia State Board of Pardons and Paroles",
                None,
                "2 Martin Luther King, Jr. Drive, SE",
            ),
            ("Clemency Section", None, "Texas Board of Pardons and Paroles"),
        ],
    ),
    "German minister": AddressList(
        "DE",
        """
Bundesminister des Innern
Herrn Minister Karl Ahorn
Bundesministerium des Innern
Ahornstrasse 101 D, 10559 Berlin, Germany
Telegrams: Bundesinnenminister Ahorn, Berlin, Germany
Fax: +49 1888 681 29 26
Email: poststelle@example.org
Salutation: Dear Minister / Sehr geehrter Herr Minister""",
        [
            (
                "Herrn Minister Karl Ahorn",
                "Bundesminister des Innern",
                "Bundesministerium des Innern",
            )
        ],
    ),
    "two ministers in one office": AddressList(
        "ZW",
        """
Commissioner General of Police
Austin Muchena
Police Headquarters
P.O. Box 8807, Causeway
Harare, Zimbabwe
Fax: +263 4 253 212
Salutation: Dear Commissioner General

Co-Ministers of Home Affairs
Kenneth Muchena and Gilbert Moyana
Ministry of Home Affairs
11th Floor Mopane Building
Private Bag 7703, Causeway, Harare
Zimbabwe
Fax: +263 4 707 716
Salutation: Dear Ministers""",
        [
            ("Austin Muchena", "Commissioner General of Police", "Police Headquarters"),
            (
                "Kenneth Muchena and Gilbert Moyana",
                "Co-Ministers of Home Affairs",
                "Ministry of Home Affairs",
            ),
        ],
    ),
    "Iranian offices": AddressList(
        "IR",
        """
Leader of the Islamic Republic
Ayatollah Sayed Reza Karimi
The Office of the Supreme Leader
Islamic Republic Street - End of Narenj Street
Tehran, Islamic Republic of Iran
Email: via website: http://www.leader.example.org/langs/en/index.php?p=letter (English)
http://www.leader.example.org/langs/fa/index.php?p=letter (Persian)
Salutation: Your Excellency

Head of the Judiciary
Ayatollah Amin Hosseini
Howzeh Riyasat-e Qoveh Qazaiyeh (Office of the Head of the Judiciary)
Narenj Street, Anar Avenue, south of Serah-e Jomhouri
Tehran 1316814737, Islamic Republic of Iran
Email: info@judiciary.example.org (In subject line: FAO Ayatollah Hosseini)
Salutation: Your Excellency

Secretary General, High Council for Human Rights
Mohammad Javad Hosseini
c/o Office of the Head of the Judiciary
Narenj St, Anar Ave., south of Serah-e Jomhuri
Tehran 1316814737, Islamic Republic of Iran
Fax: +98 21 3390 4986
Salutation: Dear Sir

President
His Excellency Mahmoud Karimi
The Presidency
Palestine Avenue, Azerbaijan Intersection
Tehran
Islamic Republic of Iran
Fax: +98 21 6649 5880""",
        [
            (
                "Ayatollah Sayed Reza Karimi",
                "Leader of the Islamic Republic",
                "The Office of the Supreme Leader",
            ),
            (
                "Ayatollah Amin Hosseini",
                "Head of the Judiciary",
                "Howzeh Riyasat-e Qoveh Qazaiyeh (Office of the Head of the Judiciary)",
            ),
            (
                "Mohammad Javad Hosseini",
                "Secretary General, High Council for Human Rights",
                "c/o Office of the Head of the Judiciary",
            ),
            ("His Excellency Mahmoud Karimi", "President", "The Presidency"),
        ],
    ),
    "a form without answers": AddressList(
        "IR",
        """
Title

Leader of the Islamic Republic

Ayatollah Sayed Reza Karimi

The Office of the Supreme Leader

Islamic Republic Street, Tehran, Islamic Republic of Iran

Email: info@leader.example.org""",
        [
            (
                "Ayatollah Sayed Reza Karimi",
                "Leader of the Islamic Republic",
                "The Office of the Supreme Leader",
            )
        ],
    ),
    "Chinese offices": AddressList(
        "CN",
        """
President of the People’s Republic of China
HU Jianming Guojia Zhuxi
The State Council General Office
9 Xihuamengjie
Beijingshi 100032
People’s Republic of China
Fax: +86 10 6238 1025
Salutation: Your Excellency

Chief Procurator of the Supreme People’s Procuratorate
JIA Chunlin Jianchazhang
Zuigao Renmin Jianchayuan
147 Beihedajie
Dongchengqu
Beijingshi 100726
People’s Republic of China
Fax: +86 10 6512 6554
Salutation: Dear Procurator

Director
Beijing Municipal Public Security Bureau
9 Dongdajie, Qianmen
Dongcheng Qu, Beijing Shi
100740, People’s Republic of China
Email: bj110@example.org
Salutation: Dear Director

Minister of Justice of the People's Republic of China
WU Aimin Buzhang
Sifabu
10 Chaoyangmen Nandajie
Chaoyangqu
Beijingshi 100020
People's Republic of China
Email: minister@example.org
Salutation: Your Excellency""",
        [
            (
                "HU Jianming Guojia Zhuxi",
                "President of the People’s Republic of China",
                "The State Council General Office",
            ),
            (
                "JIA Chunlin Jianchazhang",
                "Chief Procurator of the Supreme People’s Procuratorate",
                "Zuigao Renmin Jianchayuan",
            ),
            ("Director", None, "Beijing Municipal Public Security Bureau"),
            (
                "WU Aimin Buzhang",
                "Minister of Justice of the People's Republic of China",
                "Sifabu",
            ),
        ],
    ),
    "Turkish offices": AddressList(
        "TR",
        """
1. Prime Minister:
Mr Bülent Örnek
Office of the Prime Minister
Basbakanlik
06573 Ankara, Turkey
Telegrams: Prime Minister, Ankara, Turkey
Fax: +90 312 417 0476
Salutation: Dear Prime Minister

2. Minister of Justice
Ministry of Justice
Adalet Bakanligi
06659 Ankara, Turkey
Fax: +90 312 417 3954
Salutation: Dear Minister

3. Chief Public Prosecutor in Diyarbakir:
Diyarbakir Cumhuriyet Bassavcisi
Adliye, Diyarbakir, Turkey
Fax: +90 412 224 1415
Salutation: Dear Prosecutor

4. Chief of Police
Istanbul Emniyet Müdürü
Istanbul Emniyet Müdürlügü
Istanbul, Turkey
Fax: +90 212 636 1883""",
        [
            ("Mr Bülent Örnek", "Prime Minister", "Office of the Prime Minister"),
            ("Minister of Justice", None, "Ministry of Justice"),
            ("Chief Public Prosecutor in Diyarbakir", None, "Diyarbakir Cumhuriyet Bassavcisi"),
            ("Chief of Police", None, "Istanbul Emniyet Müdürü"),
        ],
    ),
    "Syrian ministers": AddressList(
        "SY",
        """
President
Bassam al-Asmar
Presidential Palace
al-Yasmin Street
Damascus, Syrian Arab Republic
Fax: +963 11 332 3410
Salutation: Your Excellency

Minister of Interior
His Excellency Major General Mohammad al-Shami
Ministry of Interior
‘Abd al-Rahman Street
Damascus, Syrian Arab Republic
Fax: +963 11 211 9578
Salutation: Your Excellency

Minister of Defence and Commander-in-Chief of the Army
His Excellency General Hassan Turki
Ministry of Defence
Jasmine Square
Damascus, Syrian Arab Republic
Fax: +963 11 223 7842""",
        [
            ("Bassam al-Asmar", "President", "Presidential Palace"),
            (
                "His Excellency Major General Mohammad al-Shami",
                "Minister of Interior",
                "Ministry of Interior",
            ),
            (
                "His Excellency General Hassan Turki",
                "Minister of Defence and Commander-in-Chief of the Army",
                "Ministry of Defence",
            ),
        ],
    ),
    "Israeli commanders": AddressList(
        "IL",
        """
Military Advocate General
Brigadier General Sharon Dagan
6 Orange Street
Hakirya, Tel Aviv
Israel
Fax: +972 3 569 4526
Email: mag@example.org
Salutation: Dear Judge Advocate General
Commander of the IDF – West Bank
Major-General Roni Dagan
GOC Central Command
Military Post 01149
Battalion 877
Israel Defense Forces, Israel
Fax: +972 2 530 5741
Salutation: Dear Major-General

Prime Minister and Minister of Defense
Eitan Barkai
Ministry of Defence
37 Olive Street, Hakirya
Tel Aviv 61909, Israel
Email: minister@example.org
Fax: +972 3 691 6940
Salutation: Dear Minister""",
        [
            ("Brigadier General Sharon Dagan", "Military Advocate General", "6 Orange Street"),
            (
                "Major-General Roni Dagan",
                "Commander of the IDF – West Bank",
                "GOC Central Command",
            ),
            ("Eitan Barkai", "Prime Minister and Minister of Defense", "Ministry of Defence"),
        ],
    ),
    "Russian offices": AddressList(
        "RU",
        """
Prosecutor General
Yurii Pavlovich Sokolov
Prosecutor General’s Office
ul. B. Dubrovka, d.15a
125993 Moscow GSP-3
Russian Federation
Fax: +7 495 987 5841
Salutation: Dear Prosecutor General

Head of the Investigation Committee
Aleksandr Petrovich Berezin
Investigation Committee of the Russian Federation
Technicheskii pereulok, 2
105005 Moscow
Russian Federation
Fax: +7 499 265 9077
Salutation: Dear Aleksandr Petrovich

President of the Chechen Republic
Ruslan Akhmedov
Administration of the President
ul. Sadovaya, 10
364000 Groznyi
Chechen Republic
Russian Federation
Fax: +7 8712 222 012

Prosecutor of the Republic of Dagestan
Andrei Ivanovich Nazarov
ul. Buinaka, 1
367012 Makhachkala
Republic of Dagestan
Russian Federation
Fax: +7 8722 678 459""",
        [
            ("Yurii Pavlovich Sokolov", "Prosecutor General", "Prosecutor General’s Office"),
            (
                "Aleksandr Petrovich Berezin",
                "Head of the Investigation Committee",
                "Investigation Committee of the Russian Federation",
            ),
            (
                "Ruslan Akhmedov",
                "President of the Chechen Republic",
                "Administration of the President",
            ),
            (
                "Andrei Ivanovich Nazarov",
                "Prosecutor of the Republic of Dagestan",
                "ul. Buinaka, 1",
            ),
        ],
    ),
    "one name alone": AddressList(
        "ID",
        """
Coordinating Minister for Politics, Law and Security
Waskito
Jl. Medan Mawar Barat No. 15
Jakarta 10110
Indonesia
Fax: +62 21 345 0918
Salutation: Dear Minister

Head of Indonesian National Police
General Tito Pratama
Mabes Polri
Jl. Melati No. 3, Kebayoran Baru
Jakarta Selatan 12110
Indonesia
Fax: +62 21 721 8741

Minister of Justice and Human Rights
Yasin Laoli
Ministry of Justice and Human Rights
Jl. H.R. Rasamala Kav No. 4-5
Kuningan, Jakarta Selatan 12950
Indonesia
Fax: +62 21 525 3095""",
        [
            (
                "Waskito",
                "Coordinating Minister for Politics, Law and Security",
                "Jl. Medan Mawar Barat No. 15",
            ),
            ("General Tito Pratama", "Head of Indonesian National Police", "Mabes Polri"),
            (
                "Yasin Laoli",
                "Minister of Justice and Human Rights",
                "Ministry of Justice and Human Rights",
            ),
        ],
    ),
    "each on one line": AddressList(
        "CM",
        """
Minister of Justice Laurent Ebogo Ministère de la Justice 1066 Yaoundé, Cameroon \
Email: minjustice@example.org Twitter: @minjusticeEx

H.E. Henri Ebogo Embassy of the Republic of Cameroon 2349 Maple Ave NW, \
Washington DC 20008 Phone: 202 555 0188 Email: cameroon@example.org \
Salutation: Dear Ambassador

H.E. Majid Karimi Permanent Mission of the Islamic Republic of Iran 622 Elm Avenue, \
34th Floor New York, NY 10017 Phone: 212 555 0120 I Fax: 212 555 0186 \
Email: iran@example.org Salutation: Your Excellency

H.E. Ana Lopes Embassy of Mozambique, 1525 Elm Ave NW, Washington DC 20036 \
Email: embassy@moz.example.org""",
        [
            (
                "Laurent Ebogo",
                "Minister of Justice",
                "Ministère de la Justice 1066 Yaoundé, Cameroon",
            ),
            (
                "H.E. Henri Ebogo",
                "Ambassador of Cameroon",
                "Embassy of the Republic of Cameroon",
            ),
            (
                "H.E. Majid Karimi",
                None,
                "Permanent Mission of the Islamic Republic of Iran",
            ),
            ("H.E. Ana Lopes", None, "Embassy of Mozambique"),
        ],
    ),
}


@pytest.mark.parametrize("written", LISTS.values(), ids=LISTS)
def test_every_official_of_a_list_is_read_and_nothing_is_asked(written: AddressList) -> None:
    found = read(written.text, country=written.home)

    def said(value: Found[str] | None) -> str | None:
        return value.value.partition("\n")[0] if value else None

    assert [(t.name.value, said(t.role), said(t.address)) for t in found.targets] == written.read
    assert not questions(found)


def _entries() -> list[str]:
    return [
        entry
        for written in LISTS.values()
        for entry in written.text.strip().split("\n\n")
        if entry.count("\n") > 1 and not _HALF.search(entry)
    ]


@st.composite
def side_by_side(draw: st.DrawFn) -> tuple[str, str, str]:
    """Two entries, and what a reader without columns makes of them."""
    left, right = draw(st.lists(st.sampled_from(_entries()), min_size=2, max_size=2, unique=True))
    within, between = draw(st.sampled_from([("\n", "\n"), ("\n\n", "\n\n"), (" ", "\n")]))
    pairs = zip_longest(left.split("\n"), right.split("\n"))
    text = between.join(within.join(line for line in pair if line) for pair in pairs)
    return left, right, text


_HALF = re.compile(r"Board|Clemency|Chief of Police|Military Advocate")
"""An institution alone has no words by which two of them are told from one on a single line."""


@given(side_by_side())
def test_no_contact_of_a_list_comes_to_another_official(mixed: tuple[str, str, str]) -> None:
    left, right, text = mixed
    _nobody_has_anothers([left, right], text)


def _nobody_has_anothers(entries: list[str], text: str) -> None:
    for target in read(text).targets:
        contacts = [
            found.value
            for found in (target.phone, target.fax, target.email, target.twitter)
            if found is not None
        ]
        own = [entry for entry in entries if target.name.value in entry]
        assert any(all(contact in entry for contact in contacts) for entry in own)


def test_each_entry_of_one_line_is_parted_only_at_a_house() -> None:
    assert parted("Ana Lopes Embassy of Peru 4 High Street") == (
        "Ana Lopes",
        "Embassy of Peru",
        "4 High Street",
    )
    assert parted("Minister of Justice Ana Lopes, 4 High Street") == ()
    assert parted("The road to the Ministry of Justice") == ()
    assert parted("Ana Lopes " * 100 + "Embassy of Peru") == ()


WHOLE = """
Minister of Justice
Mr Joseph Wanga
PO Box 100
Nairobi, Kenya
Fax: +254 20 555 0100
Salutation: Dear Minister
"""
DOUBTFUL = """
Mr Peter Otieno Mrs Ana Wambui
1 High Street
Kampala, Uganda
Email: who@example.org
"""


def test_a_whole_entry_apart_from_a_doubtful_one_is_kept() -> None:
    found = read(f"{WHOLE}\n{DOUBTFUL}\n{WHOLE.replace('Wanga', 'Okello')}")
    assert [t.name.value for t in found.targets] == ["Mr Joseph Wanga", "Mr Joseph Okello"]
    assert len(questions(found)) == 1


def test_an_entry_that_runs_on_from_a_doubtful_one_is_not() -> None:
    for text in (WHOLE.strip() + DOUBTFUL, (WHOLE + DOUBTFUL).replace("\n", "\n\n")):
        found = read(text)
        assert not found.targets
        assert len(questions(found)) == 2


@given(st.data())
def test_two_columns_of_two_entries_give_nobody_what_is_anothers(data: st.DataObject) -> None:
    chosen = st.lists(st.sampled_from(_entries()), min_size=4, max_size=4, unique=True)
    entries = data.draw(chosen)
    left, right = ("\n\n".join(pair).split("\n") for pair in (entries[:2], entries[2:]))
    lines = [line for pair in zip_longest(left, right, fillvalue="") for line in pair]
    if data.draw(st.booleans()):
        lines = [line for line in lines if line]
    _nobody_has_anothers(entries, "\n".join(lines))
