"""Two columns that were read as one never give an official what is another's."""

from __future__ import annotations

from itertools import permutations, zip_longest

import pytest

from targetkit import cells_of, lines_of, questions, read, read_lines, said

CONTACTS = ("phone", "fax", "email", "twitter", "facebook")

COLUMNS = {
    "prosecutor": """
Prosecutor General
Nurlan Seitov
Prospect Mira, 14
Nur-Sultan 010000
Kazakhstan
Fax: +7 7172 55 04 02
Email: press@prokuror.example.org
Twitter: @GenProkEx""",
    "embassy": """
H.E. Askar Temirov
Embassy of the Republic of Kazakhstan
1401 16th St NW, Washington DC 20036
Phone: 202 555 0188
Email: washington@embassy.example.org
Twitter: @KazEmbEx
Facebook: @KazEmbassyEx
Salutation: Dear Ambassador""",
    "minister": """
Minister of Interior
Magdi Sabry
Ministry of the Interior
25 Palm Street, Bab al-Wazir
Cairo, Egypt
Fax: +20 2 2555 0110
Email: center@interior.example.org
Salutation: Dear Minister""",
    "president": """
President
Adel Nasser
Office of the President
Al Nakhil Palace
Cairo, Arab Republic of Egypt
Fax: +20 2 2555 0120
Salutation: Your Excellency""",
    "no name": """
Minister of Justice
Ministry of Justice
Maputo, Mozambique
Fax: +258 21 555 010""",
    "ambassador": """
Ambassador Ana Mondlane
Embassy of Mozambique
1525 New Hampshire Ave NW
Washington DC 20036
Email: embassy@moz.example.org""",
    "no address": """
Commissioner of Police
Juma Okello
Email: commissioner@police.example.org
Twitter: @cpolEx""",
    "governor": """
Governor Dale Hartman
State Capitol
Oklahoma City, OK 73105
Phone: 405 555 0150""",
    "name first": """
Ana Wambui
Minister of Health
Afya House
Cathedral Road
Nairobi, Kenya
Email: ana@health.example.org""",
    "inspector": """
Inspector General of Police
Mr Peter Otieno
Jogoo House
PO Box 30083
Nairobi, Kenya
Fax: +254 20 555 0101""",
    "attorney": """
Attorney General
PO Box 40112
Nairobi
Kenya
Phone: +254 20 555 0199
Email: office@ag.example.org
Salutation: Dear Attorney General""",
    "office": """
Office of the Director of Public Prosecutions
Ragati Road
Nairobi
Email: info@odpp.example.org
Twitter: @odppEx""",
    "judge": """
Chief Justice Mary Chebet
Supreme Court of Kenya
City Hall Way
Nairobi
Fax: +254 20 555 0133
Salutation: Dear Chief Justice""",
}
PAIRS = list(permutations(COLUMNS, 2))
MIXTURES = {
    "line by line": ("\n", "\n"),
    "line by line with gaps": ("\n\n", "\n\n"),
    "side by side": (" ", "\n"),
    "side by side with gaps": (" ", "\n\n"),
}


@pytest.mark.parametrize("mixture", MIXTURES.values(), ids=MIXTURES)
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_contact_comes_to_another_official(
    one: str, other: str, mixture: tuple[str, str]
) -> None:
    left, right = COLUMNS[one].strip(), COLUMNS[other].strip()
    within, between = mixture
    pairs = zip_longest(left.split("\n"), right.split("\n"))
    found = read(between.join(within.join(line for line in pair if line) for pair in pairs))
    for target in found.targets:
        (own,) = (text for text in (left, right) if target.name.value in text)
        for value in said(target, *CONTACTS).values():
            assert value in own
        assert not target.salutation or target.salutation.value in own
    if len(found.targets) < 2:
        assert questions(found)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_columns_that_the_reading_told_apart_are_read(one: str, other: str) -> None:
    left, right = COLUMNS[one], COLUMNS[other]
    lines = cells_of(left, right)
    crossed = sorted(lines, key=lambda line: (line.number - (line.cell == 2) * 8, line.cell))
    separate = [*read(left).targets, *read(right).targets]
    for order in (lines, crossed):
        found = read_lines(order)
        assert {t.name.value for t in found.targets} == {t.name.value for t in separate}
        for target in found.targets:
            (alone,) = (t for t in separate if t.name.value == target.name.value)
            assert said(target, *CONTACTS) == said(alone, *CONTACTS)


def test_what_was_left_out_is_asked_about_with_its_lines() -> None:
    left, right = COLUMNS["prosecutor"].strip(), COLUMNS["embassy"].strip()
    pairs = zip_longest(left.split("\n"), right.split("\n"))
    found = read("\n".join(line for pair in pairs for line in pair if line))
    assert found.targets == ()
    (question,) = questions(found)
    assert question.startswith("lines 1 to 16 may hold the entries of two officials")


def test_greetings_in_a_column_go_to_the_officials_beside_them() -> None:
    president = "President\nMr Nurlan Seitov\nFax: +7 7172 55 04 02"
    minister = "Minister of Justice\nMr Bek Aliev\nFax: +7 7172 55 04 03"
    officials = f"{president}\n\n{minister}"
    both = read_lines(cells_of(officials, "Dear President\n\nDear Minister")).targets
    assert [said(t, "role", "salutation") for t in both] == [
        {"role": "President", "salutation": "Dear President"},
        {"role": "Minister of Justice", "salutation": "Dear Minister"},
    ]
    one = read_lines(cells_of(officials, "Dear Minister"))
    assert [said(t, "salutation") for t in one.targets] == [{}, {}]
    assert len(questions(one)) == 1


def test_contacts_in_a_cell_of_their_own_need_a_single_owner() -> None:
    first, second = "President\nMr Nurlan Seitov", "Minister of Justice\nMr Bek Aliev"
    (alone,) = read_lines(cells_of(first, "Email: a@example.org")).targets
    assert said(alone, "email") == {"email": "a@example.org"}
    two = read_lines(cells_of(first, second, "Email: a@example.org", "Email: b@example.org"))
    assert not any(said(target, *CONTACTS) for target in two.targets)
    assert questions(two)


def test_lines_outside_the_cells_keep_to_themselves() -> None:
    lines = [
        *lines_of("President\nMr Nurlan Seitov\nAstana\nKazakhstan\nEmail: a@example.org"),
        *lines_of("Minister of Justice\nMr Bek Aliev\nEmail: b@example.org", cell=1, after=10),
    ]
    assert [said(t, "name", "email") for t in read_lines(lines).targets] == [
        {"name": "Mr Nurlan Seitov", "email": "a@example.org"},
        {"name": "Mr Bek Aliev", "email": "b@example.org"},
    ]
