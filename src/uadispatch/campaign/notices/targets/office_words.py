"""The words that offices, institutions, titles and addresses are told by.

Words only, in small letters and without accents; what they mean beside each other is not known
here.
"""

from __future__ import annotations

__all__ = [
    "FIELDS",
    "FOREIGN_HEADS",
    "HEADS",
    "HOUSES",
    "JOINTS",
    "PARTICLES",
    "PLACES",
    "PREFIXES",
    "SIGNS",
    "SURE_TITLES",
    "TITLES",
    "WHOLE_OFFICES",
    "WHOSE_HOUSE",
]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


FOREIGN_HEADS = {
    "president": _set("presidente presidenta bundesprasident"),
    "minister": _set(
        "ministro ministra ministre secretario bundesminister bundesministerin "
        "justizminister innenminister"
    ),
    "governor": _set("gobernador gobernadora governador governadora gouverneur"),
    "attorney": _set("fiscal procurador procuradora"),
    "prosecutor": _set("fiscal procurador procuradora procureur promotor promotora"),
    "secretary": _set("secretario"),
    "director": _set("directeur directora diretor diretora"),
    "ambassador": _set("embajador embajadora ambassadeur embaixador"),
    "head": _set("jefe jefa chef"),
    "chancellor": _set("canciller bundeskanzler bundeskanzlerin"),
    "judge": _set("juez juge juiz magistrado magistrada"),
    "commander": _set("comandante commandant"),
    "mayor": _set("alcalde maire prefeito"),
    "commissioner": _set("comisionado commissaire comisario"),
    "ombudsman": _set("defensor defensora"),
    "ombudsperson": _set("defensor defensora"),
}
"""Offices in Spanish, Portuguese, French and German, by what they are called in English."""

HEADS = frozenset().union(*FOREIGN_HEADS.values()) | _set(
    """
    minister president prosecutor attorney governor chief director ambassador secretary judge
    chairman chairperson chairwoman chair commander commandant commissioner superintendent head
    king queen sultan emir amir leader speaker ombudsman ombudsperson premier chancellor mayor
    warden inspector registrar representative consul charge administrator advocate procurator
    rector coordinator solicitor magistrate defender officer deputy vice spokesperson prince
    princess regent pope presidente presidenta ministro ministra ministre gobernador gobernadora
    fiscal procurador procuradora procureur directeur director-general director-generals
    secretary-general undersecretary under-secretary vice-president vice-minister
    attorney-general prosecutor-general commander-in-chief justice emperor monarch taoiseach
    president's ministers prosecutors alcalde embajador embajadora defensor defensora intendant
    prefect vali akim wali provost sheriff controller comptroller auditor manager executive
    editor editor-in-chief chairmen presidency-chairman caliph patriarch archbishop bishop
    """
)
"""Whoever is called so holds an office."""

HOUSES = _set(
    """
    ministry ministries office offices embassy consulate commission mission department
    directorate bureau secretariat court council committee parliament congress senate assembly
    prison presidency palace government board agency service authority headquarters cabinet
    chamber ministerio ministere presidence presidencia procuraduria fiscalia embajada ambassade
    administration state-house tribunal division section unit institute institution association
    mansion gobierno palacio residence kremlin primature despacho secretaria camara jail
    penitentiary colony centre center station registry organization organisation force forces
    ministerium bundesministerium bundeskanzleramt bakanligi basbakanlik mudurlugu bassavciligi
    valiligi cumhurbaskanligi bakani muduru bassavcisi savcisi valisi
    """
)

FIELDS = _set(
    """
    general prime first second deputy vice acting interim supreme high senior special assistant
    coordinating presiding commanding associate federal national state public royal grand
    regional provincial district municipal military civil criminal constitutional islamic
    democratic executive permanent principal justice interior defence defense foreign internal
    home external affairs police security prisons prison health education human rights law order
    republic kingdom government judiciary court courts council staff army armed forces navy air
    force cabinet parliament assembly senate nation nations united people's popular union
    council's party communist central committee finance labour labor employment social welfare
    women gender youth children child environment natural resources energy mines information
    communications communication culture religious immigration migration citizenship refugees
    relations cooperation co-operation development planning trade industry agriculture local
    administration legal parliamentary corrections correctional penitentiary services service
    investigation investigations investigative bureau commission board appeal appeals cassation
    pardons parole clemency province region city governorate county oblast department
    directorate ministry office agency authority reform reconciliation peace intelligence
    territorial transport tourism sports science technology housing water land rural
    transitional revolutionary guard corps division brigade battalion training protection
    prevention policy management emergency situations sector area zone command operations
    administrative extraordinary plenipotentiary chief in-chief counsel body bodies ombudsman
    procuracy procuratorate prosecution prosecution's autonomous indigenous equality integration
    crown d'affaires republica justicia estado gobernacion nacion interieur
    """
)
"""What an office is for, or how high it is: words that belong to an office and to no name."""

JOINTS = _set("of for the and & to in de del de-la la du des der et y on at with against")

TITLES = _set(
    """
    mr mrs ms miss dr prof professor he hon honourable honorable sir lord lady dame sheikh
    shaikh sheik sayed sayyid sayyed seyed ayatollah hojjatoleslam hojatoleslam hojjat-ol-eslam
    hojatolislam imam mullah maulana general gen lt lieutenant major maj colonel col captain
    capt brigadier brig admiral marshal prince princess king queen sultan emir monsieur mme
    madame maitre don dona senator shri smt u daw datuk dato' dato tan sri tun haji engineer eng
    senor senora ing lic licenciado licenciada comrade excellency se excmo excma exmo sr sra
    sres dra mag abog hm hrh hh majesty highness his her the right rt most eminence
    lieutenant-general major-general lt-general brigadier-general vice-admiral air vice field
    chief justice judge president presidente presidenta crown barrister advocate pastor reverend
    rev fr father m mgr herr herrn frau counsellor counselor mtro mtra coronel cnel gral
    teniente almirante contralmirante vicealmirante capitan tte
    """
)
SURE_TITLES = TITLES - _set(
    """
    the right most his her u m se he air vice field chief justice judge president presidente
    presidenta don fr father general prince king queen sultan emir crown advocate tan sri major
    captain
    """
)
"""Whoever is called so has no other word before his name."""

PARTICLES = _set(
    """
    al el bin bint ibn ben de da do das dos du di van von der den la le y e ul ur ud uz ould
    mint ag abu abd abdul o' af ap ter
    """
)

PLACES = _set(
    """
    street st avenue ave road rd boulevard blvd bulvar square sq building bldg floor box po p.o
    pob plaza calle rue avenida av col colonia prospect prospekt prospekti ulitsa ul str
    district province city state region house compound lane drive place hill gate complex suite
    room block sector bag casilla apartado apdo edificio piso km town village county postal
    island islands park garden gardens quarter area zone tower centre center north south east
    west northwest piazza via strada ulica jalan jl shi lu sheng qu marg colony cantonment cantt
    highway hotel casa presidencial presidential intersection roundabout bridge airport castle
    barracks camp
    """
)
"""Words of addresses, which no person is called by."""


SIGNS = _set(
    """
    mr mrs ms he his her excellency hon honourable honorable general lieutenant brigadier colonel
    coronel counsellor ayatollah hojjatoleslam lic senor herrn major-general brigadier-general
    lieutenant-general
    """
)
"""Titles that begin another name where they follow one."""

WHOSE_HOUSE = _set("embassy ministry consulate permanent")
"""Institutions that begin another entry where they follow a name."""

WHOLE_OFFICES = _set(
    """
    minister president prosecutor attorney governor director ambassador commissioner
    superintendent king sultan mayor speaker premier chancellor ombudsman registrar chairman
    commander secretary inspector leader procurator bundesminister
    """
)
"""Offices of which one line has one."""

PREFIXES = _set(
    """
    deputy vice prime assistant first second under chief general acting interim former co state
    royal his her the supreme permanent federal senior foreign junior crown public military
    """
)
"""What may stand before an office within another."""
