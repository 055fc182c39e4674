"""Cities that officials write from: the country of each capital, and the zone of each city known.

A table and how to look things up in it; it never reads an address. A name that is also that of a
well-known city elsewhere tells no country.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

__all__ = ["capital_of", "folded", "state_zone", "us_states", "zone_in"]

_CAPITALS = """
AE Abu Dhabi|AF Kabul|AL Tirana|AM Yerevan|AO Luanda|AR Buenos Aires|AT Vienna|AT Wien|AU Canberra
AZ Baku|BA Sarajevo|BD Dhaka|BD Dacca|BE Brussels|BE Bruxelles|BF Ouagadougou|BG Sofia|BH Manama
BI Bujumbura|BI Gitega|BJ Cotonou|BJ Porto-Novo|BN Bandar Seri Begawan|BO La Paz|BO Sucre
BR Brasilia|BR Brasília - DF|BS Nassau|BT Thimphu|BW Gaborone|BY Minsk|BZ Belmopan|CA Ottawa
CD Kinshasa|CF Bangui|CG Brazzaville|CH Bern|CH Berne|CI Abidjan|CI Yamoussoukro
CL Santiago de Chile|CM Yaounde|CN Beijing|CN Beijingshi|CN Peking|CO Bogota|CO Santafe de Bogota
CO Bogota D.C.|CU La Habana|CU Havana|CV Praia|CY Nicosia|CZ Prague|CZ Praha|DE Berlin|DJ Djibouti
DK Copenhagen|DO Santo Domingo|DZ Algiers|DZ Alger|EC Quito|EE Tallinn|EG Cairo|ER Asmara|ES Madrid
ET Addis Ababa|FI Helsinki|FJ Suva|FR Paris|GA Libreville|GB London|GE Tbilisi|GH Accra|GM Banjul
GN Conakry|GQ Malabo|GR Athens|GT Guatemala City|GT Ciudad de Guatemala|GW Bissau|HN Tegucigalpa
HR Zagreb|HT Port-au-Prince|HU Budapest|ID Jakarta|IE Dublin|IL Jerusalem|IL Tel Aviv|IN New Delhi
IQ Baghdad|IR Tehran|IR Teheran|IS Reykjavik|IT Rome|IT Roma|JO Amman|JP Tokyo|KE Nairobi
KG Bishkek|KH Phnom Penh|KM Moroni|KP Pyongyang|KR Seoul|KR Sejong|KW Kuwait City|KZ Nur-Sultan
KZ Astana|KZ Almaty|LA Vientiane|LB Beirut|LB Beyrouth|LK Colombo|LR Monrovia|LS Maseru|LT Vilnius
LU Luxembourg|LV Riga|LY Tripoli|MA Rabat|MD Chisinau|ME Podgorica|MG Antananarivo|MK Skopje
ML Bamako|MM Yangon|MM Rangoon|MM Nay Pyi Taw|MM Naypyidaw|MM Naypyitaw|MN Ulaanbaatar
MR Nouakchott|MT Valletta|MU Port Louis|MV Male|MW Lilongwe|MX Mexico City|MX Mexico D.F.
MX Ciudad de Mexico|MX Mexico DF|MX CDMX|MY Kuala Lumpur|MY Putrajaya|MZ Maputo|NA Windhoek
NE Niamey|NG Abuja|NI Managua|NL The Hague|NL Amsterdam|NO Oslo|NP Kathmandu|NZ Wellington
OM Muscat|PA Panama City|PE Lima|PG Port Moresby|PH Manila|PH Quezon City|PK Islamabad|PL Warsaw
PL Warszawa|PS Ramallah|PS Gaza City|PT Lisbon|PT Lisboa|PY Asuncion|QA Doha|RO Bucharest
RS Belgrade|RU Moscow|RU Moskva|RU Moskow|RW Kigali|SA Riyadh|SA Jeddah|SB Honiara|SD Khartoum
SE Stockholm|SG Singapore|SI Ljubljana|SK Bratislava|SL Freetown|SN Dakar|SO Mogadishu|SR Paramaribo
SS Juba|SV San Salvador|SY Damascus|SZ Mbabane|TD N'Djamena|TD Ndjamena|TG Lome|TH Bangkok
TJ Dushanbe|TL Dili|TM Ashgabat|TM Ashkhabad|TN Tunis|TO Nuku'alofa|TR Ankara|TT Port of Spain
TW Taipei|TZ Dar es Salaam|TZ Dodoma|UA Kyiv|UA Kiev|UG Kampala|US Washington DC|US Washington D.C.
UY Montevideo|UZ Tashkent|VE Caracas|VN Hanoi|VN Ha Noi|VU Port Vila|WS Apia|YE Sana'a
YE Sanaa|ZA Pretoria|ZA Cape Town|ZM Lusaka|ZW Harare|CH Geneva|CH Geneve|US New York NY
FR Strasbourg|NG Lagos|PK Karachi|PK Lahore|IN Mumbai
"""
"""Capitals and other seats of offices. Left out are names that several countries have: Georgetown,
Hamilton, Kingston, San José, Santiago, Victoria, Saint George's and Saint John's."""

_ZONES = {
    "AR": {"America/Argentina/Buenos_Aires": "Buenos Aires|La Plata|CABA"},
    "AU": {
        "Australia/Sydney": "Canberra|Sydney|ACT|NSW",
        "Australia/Melbourne": "Melbourne",
        "Australia/Brisbane": "Brisbane",
        "Australia/Perth": "Perth",
        "Australia/Adelaide": "Adelaide",
        "Australia/Darwin": "Darwin",
        "Australia/Hobart": "Hobart",
    },
    "BR": {
        "America/Sao_Paulo": "Brasilia|Sao Paulo|Rio de Janeiro|Belo Horizonte|Vitoria|Curitiba"
        "|Porto Alegre|Florianopolis|Goiania",
        "America/Belem": "Belem",
        "America/Recife": "Recife",
        "America/Bahia": "Salvador",
        "America/Fortaleza": "Fortaleza|Sao Luis|Teresina|Natal|Joao Pessoa",
        "America/Maceio": "Maceio|Aracaju",
        "America/Manaus": "Manaus",
        "America/Porto_Velho": "Porto Velho",
        "America/Boa_Vista": "Boa Vista",
        "America/Rio_Branco": "Rio Branco",
        "America/Cuiaba": "Cuiaba",
        "America/Campo_Grande": "Campo Grande",
        "America/Araguaina": "Palmas",
    },
    "CA": {
        "America/Toronto": "Ottawa|Toronto|Montreal|Quebec City",
        "America/Vancouver": "Vancouver|Victoria",
        "America/Edmonton": "Edmonton|Calgary",
        "America/Regina": "Regina",
        "America/Winnipeg": "Winnipeg",
        "America/Halifax": "Halifax",
    },
    "CD": {
        "Africa/Kinshasa": "Kinshasa|Mbandaka|Matadi|Bandundu",
        "Africa/Lubumbashi": "Lubumbashi|Goma|Bukavu|Kisangani|Bunia|Mbuji-Mayi|Kananga|Beni",
    },
    "CL": {"America/Santiago": "Santiago|Santiago de Chile|Valparaiso|Concepcion|Temuco"},
    "CN": {
        "Asia/Shanghai": "Beijing|Beijingshi|Peking|Shanghai|Shanghaishi|Guangzhou|Guangzhoushi"
        "|Shenzhen|Tianjin|Tianjinshi|Chongqing|Chongqingshi|Wuhan|Wuhanshi|Chengdu|Chengdushi"
        "|Nanjing|Hangzhou|Hangzhoushi|Changsha|Changshashi|Xi'an|Shenyang|Shenyangshi|Jinan"
        "|Zhengzhou|Zhengzhoushi|Hefei|Fuzhou|Harbin|Changchun|Kunming|Lanzhou|Xining|Hohhot",
    },
    "CY": {"Asia/Nicosia": "Nicosia|Lefkosia"},
    "DE": {"Europe/Berlin": "Berlin|Bonn|Munich|Hamburg|Frankfurt|Karlsruhe"},
    "EC": {"America/Guayaquil": "Quito|Guayaquil|Cuenca"},
    "ES": {"Europe/Madrid": "Madrid|Barcelona|Valencia|Sevilla|Seville|Bilbao"},
    "ID": {
        "Asia/Jakarta": "Jakarta|Bandung|Surabaya|Medan|Banda Aceh|Semarang|Yogyakarta",
        "Asia/Jayapura": "Jayapura|Ambon|Manokwari|Wamena|Timika",
        "Asia/Makassar": "Makassar|Denpasar|Kupang|Palu|Manado",
        "Asia/Pontianak": "Pontianak",
    },
    "KZ": {
        "Asia/Almaty": "Nur-Sultan|Astana|Almaty|Karaganda|Shymkent",
        "Asia/Aqtau": "Aktau|Aqtau",
        "Asia/Aqtobe": "Aktobe|Aqtobe",
        "Asia/Atyrau": "Atyrau",
        "Asia/Oral": "Uralsk|Oral",
        "Asia/Qostanay": "Kostanay|Qostanay",
        "Asia/Qyzylorda": "Kyzylorda|Qyzylorda",
    },
    "MN": {"Asia/Ulaanbaatar": "Ulaanbaatar|Ulan Bator"},
    "MX": {
        "America/Mexico_City": "Mexico City|Mexico D.F.|Mexico DF|Ciudad de Mexico|CDMX"
        "|Distrito Federal|Toluca|Oaxaca|Oaxaca de Juarez|Puebla|Guadalajara|Morelia|Cuernavaca"
        "|Chilpancingo|Tuxtla Gutierrez|Xalapa|Jalapa|Queretaro|Guanajuato|Tlaxcala|Pachuca"
        "|Acapulco|Zacatecas|San Luis Potosi|Villahermosa|Colima|Veracruz"
        "|San Cristobal de las Casas",
        "America/Monterrey": "Monterrey|Saltillo|Durango|Torreon|Ciudad Victoria",
        "America/Merida": "Merida|Campeche",
        "America/Cancun": "Cancun|Chetumal",
        "America/Chihuahua": "Chihuahua",
        "America/Ciudad_Juarez": "Ciudad Juarez",
        "America/Hermosillo": "Hermosillo",
        "America/Mazatlan": "Culiacan|Mazatlan|Tepic|La Paz",
        "America/Tijuana": "Tijuana|Mexicali",
    },
    "MY": {
        "Asia/Kuala_Lumpur": "Kuala Lumpur|Putrajaya|Shah Alam|Johor Bahru|George Town|Ipoh",
        "Asia/Kuching": "Kuching|Kota Kinabalu",
    },
    "NZ": {"Pacific/Auckland": "Wellington|Auckland|Christchurch"},
    "PG": {"Pacific/Port_Moresby": "Port Moresby|Boroko|Waigani|Konedobu|Lae"},
    "PS": {"Asia/Gaza": "Gaza|Gaza City",
           "Asia/Hebron": "Ramallah|Hebron|Nablus|Bethlehem|Jericho"},
    "PT": {"Europe/Lisbon": "Lisbon|Lisboa|Porto"},
    "RU": {
        "Europe/Moscow": "Moscow|Moskva|Moskow|St. Petersburg|St Petersburg|Saint Petersburg|Grozny"
        "|Groznyy|Makhachkala|Nazran|Magas|Nalchik|Vladikavkaz|Krasnodar|Rostov-on-Don|Kazan"
        "|Voronezh|Nizhnii Novgorod|Nizhny Novgorod|Murmansk|Arkhangelsk|Stavropol|Yaroslavl|Sochi",
        "Europe/Kaliningrad": "Kaliningrad",
        "Europe/Volgograd": "Volgograd",
        "Europe/Samara": "Samara|Izhevsk",
        "Asia/Yekaterinburg": "Yekaterinburg|Ekaterinburg|Perm|Ufa|Chelyabinsk|Tyumen|Orenburg",
        "Asia/Omsk": "Omsk",
        "Asia/Novosibirsk": "Novosibirsk",
        "Asia/Krasnoyarsk": "Krasnoyarsk",
        "Asia/Irkutsk": "Irkutsk|Ulan-Ude",
        "Asia/Chita": "Chita",
        "Asia/Yakutsk": "Yakutsk",
        "Asia/Vladivostok": "Vladivostok|Khabarovsk",
    },
    "UA": {
        "Europe/Kyiv": "Kyiv|Kiev|Kharkiv|Lviv|Odessa|Odesa|Dnipropetrovsk|Dnipro|Donetsk|Luhansk",
        "Europe/Simferopol": "Simferopol|Sevastopol",
    },
    "US": {
        "America/New_York": "Washington DC|New York|Atlanta|Tallahassee|Columbus"
        "|Raleigh|Richmond|Harrisburg|Columbia|Trenton|Albany|Annapolis|Boston|Philadelphia"
        "|Frankfort|Miami",
        "America/Detroit": "Lansing",
        "America/Indiana/Indianapolis": "Indianapolis",
        "America/Chicago": "Austin|Huntsville|Houston|Dallas|Oklahoma City|Montgomery|Jackson"
        "|Little Rock|Nashville|Jefferson City|Baton Rouge|Chicago|Topeka|Lincoln"
        "|Saint Paul|Madison|Pierre",
        "America/Denver": "Denver|Salt Lake City|Santa Fe|Cheyenne|Helena",
        "America/Boise": "Boise",
        "America/Phoenix": "Phoenix",
        "America/Los_Angeles": "Sacramento|San Francisco|Los Angeles|Carson City|Olympia|Salem",
    },
    "UZ": {"Asia/Tashkent": "Tashkent|Toshkent", "Asia/Samarkand": "Samarkand|Nukus|Bukhara"},
}  # fmt: skip
"""Cities of the countries that have several zones."""

_STATES = """
AL Alabama Chicago|AK Alaska -|AZ Arizona Phoenix|AR Arkansas Chicago|CA California Los_Angeles
CO Colorado Denver|CT Connecticut New_York|DE Delaware New_York|DC D.C. New_York|FL Florida -
GA Georgia New_York|HI Hawaii -|ID Idaho -|IL Illinois Chicago|IN Indiana -|IA Iowa Chicago
KS Kansas -|KY Kentucky -|LA Louisiana Chicago|ME Maine New_York|MD Maryland New_York
MA Massachusetts New_York|MI Michigan -|MN Minnesota Chicago|MS Mississippi Chicago
MO Missouri Chicago|MT Montana Denver|NE Nebraska -|NV Nevada -|NH New_Hampshire New_York
NJ New_Jersey New_York|NM New_Mexico Denver|NY New_York New_York|NC North_Carolina New_York
ND North_Dakota -|OH Ohio New_York|OK Oklahoma Chicago|OR Oregon -|PA Pennsylvania New_York
RI Rhode_Island New_York|SC South_Carolina New_York|SD South_Dakota -|TN Tennessee -|TX Texas -
UT Utah Denver|VT Vermont New_York|VA Virginia New_York|WA Washington Los_Angeles
WV West_Virginia New_York|WI Wisconsin Chicago|WY Wyoming Denver
"""
"""The states of the USA, each with the end of its zone's name where it has but one."""

_ODD = str.maketrans({"\u2019": "'", "\u2018": "'", "`": "'", ".": "", "-": " ", ",": " "})


def folded(text: str) -> str:
    """`text` without case, accents, full stops, commas and hyphens, one space between words."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_ODD))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _cells(table: str) -> list[str]:
    return [cell for row in table.split("\n") if row for cell in row.split("|")]


@cache
def _capitals() -> dict[str, str]:
    return {folded(city): code for code, _, city in (c.partition(" ") for c in _cells(_CAPITALS))}


@cache
def _cities(country: str) -> dict[str, tuple[str, str]]:
    return {
        folded(city): (city, zone)
        for zone, cities in _ZONES.get(country, {}).items()
        for city in cities.split("|")
    }


@cache
def us_states() -> dict[str, str]:
    """The states of the USA: their two letters, and their names, each to its two letters."""
    rows = [cell.split(" ") for cell in _cells(_STATES)]
    return {short: short for short, _, _ in rows} | {
        name.replace("_", " "): short for short, name, _ in rows
    }


def state_zone(state: str) -> str | None:
    """The zone of a state of the USA, by its two letters; None where it has several."""
    for short, _, zone in (cell.split(" ") for cell in _cells(_STATES)):
        if short == state and zone != "-":
            return f"America/{zone}"
    return None


def capital_of(text: str) -> str | None:
    """The country whose capital `text` names and nothing else; None for any other text."""
    return _capitals().get(folded(text))


def zone_in(country: str, text: str) -> tuple[str, str] | None:
    """The (city, zone) of the last city of `country` that `text` names, if it names one."""
    cities = _cities(country)
    words = re.sub(r"[^\w\s']", " ", folded(text)[:2000]).split()
    for end in range(len(words), 0, -1):
        for start in range(max(0, end - 5), end):
            if found := cities.get(" ".join(words[start:end])):
                return found
    return None
