"""The other ways to say that an Urgent Action ends or may end: patterns, no judgement."""

from __future__ import annotations

import re

from uadispatch.campaign.notices.ending.phrases import NUMBER, NUMBER_HERE, words

__all__ = ["HEADINGS", "HINTS", "ORDERS", "STATEMENTS"]

_ACTS = "(?:urgent actions?|uas?|cases?|actions?|appeals?|campaigns?)"
_THIS_UA = f"(?:this |our |the |these )?(?:urgent action|ua)s?{NUMBER}"
_ABOUT = (
    "(?: (?:on behalf of|for|on|in the case of|about|concerning|regarding)(?: [a-z]{1,15}){1,6})?"
)
_THESE = "(?:this|these|our) (?:cases?|actions?|appeals?|campaigns?)"
_IS = "(?:is|are|has|have|will be|(?:can|may|should|must)(?: now)? be)"
_WRITERS = (
    "(?:you|we|members|participants|activists|supporters|sections"
    "|(?:urgent action |ua |the |amnesty ){0,3}(?:network|networks))"
)
_CLOSING = (
    "(?:closing|close|closes|closed|ending|ended|ends|end|withdrawing|withdrawn|withdraws"
    "|discontinuing|discontinued|concluding|concluded|concludes|terminating|terminated)"
)
_NOW = (
    "(?: (?:now|hereby|therefore|being|thus|officially|successfully|also|been|formally"
    "|expired and is))*"
)
_SHUT = (
    "(?:closed|concluded|ended|stopped|halted|finished|completed?|discontinued|withdrawn"
    "|cancell?ed|terminated"
    "|over|at an end)"
)
_SEND = "(?:send|write|fax|e-?mail|mail|post|make|take|tweet|call|phone|appeal)"
_SENDING = "(?:sending|writing|faxing|e-?mailing|making|taking|tweeting|calling|appealing)"
_ANY = "(?:any|all|your|the|these|of)"
_MAIL = "(?:appeals?|letters?|faxes|e-?mails?|messages?|telegrams?|action|actions|telexes|tweets)"
_WANTED = "(?:being )?(?:requested|required|needed|necessary|asked for|sought|called for|wanted)"

STATEMENTS = tuple(
    words(pattern)
    for pattern in [
        (
            f"(?:further|more|additional|any) (?:{_ANY} )?{_MAIL}(?: [a-z]{{1,15}}){{0,6}} "
            f"(?:is|are)(?: now| currently| therefore)? (?:not|no longer) {_WANTED}"
        ),
        f"(?:{_MAIL}|letter writing) (?:is|are)(?: now| therefore)? no longer {_WANTED}",
        (
            "(?:appeals|letters|faxes|telegrams)(?: [a-z]{1,15}){0,8} (?:is|are)"
            f"(?: now| therefore)? (?:no longer|not) {_WANTED}"
        ),
        f"nothing (?:further|more|else) is (?:now |currently )?{_WANTED}",
        (
            "(?:we|amnesty international|amnesty|ai|secretariat)(?:'re|'s)? (?:are |is |do |does )?"
            "(?:now )?"
            "(?:not|no longer) (?:asking|requesting|calling|seeking|ask|request)(?: for| on| you"
            f"| members| participants| the network| to){{0,4}} (?:{_SEND} )?(?:any |further |more "
            f"|additional ){{0,2}}{_MAIL}"
        ),
        f"we (?:would )?ask (?:you )?that no (?:further|more) {_MAIL} be (?:sent|taken|made)",
        (
            "(?:is|are|there's)(?: now| currently| therefore)? no (?:further |longer any |more )?"
            f"(?:need|call|requirement)s? (?:for|to) (?:{_SEND} )?(?:any |further |more "
            f"|additional |you to |ua |urgent ){{0,3}}(?:{_MAIL}|{_SEND})"
        ),
        (
            "(?:do|does) not (?:need|require|request|have to|ask for|call for|need to) "
            f"(?:{_SEND} )?(?:any )?(?:further|more|additional) {_MAIL}"
        ),
        (
            "(?:not|no longer) (?:now )?(?:being )?(?:asked|requested|required|needed|necessary)"
            f" to {_SEND} (?:any )?(?:further|more|additional) {_MAIL}"
        ),
        f"need not {_SEND} (?:any )?(?:further|more|additional) {_MAIL}",
        f"{_MAIL} should (?:now |therefore )?(?:stop|cease|end)",
        (
            "(?:appeals|letters|faxes|e-?mails|letter writing) (?:can|may|should|must) (?:now "
            "|therefore )?(?:stop|cease|end|be (?:stopped|ended|discontinued|halted))"
        ),
        (
            f"(?:further|more|additional|any) {_MAIL}(?: [a-z]{{1,15}}){{0,6}} (?:is|are|would be"
            "|seem|seems)(?: now| therefore)? (?:unnecessary|superfluous|pointless|redundant)"
        ),
        (
            "it is(?: now| therefore)? (?:unnecessary|not necessary|no longer necessary|not needed"
            f"|no longer needed) (?:for you )?to {_SEND} (?:any |further |more |additional "
            f"|your ){{0,3}}{_MAIL}"
        ),
        (
            f"(?:action|actions)(?: (?:by|from|of|on the part of|on behalf of|for"
            f"|on)(?: [a-z]{{1,15}}"
            f"){{1,6}})? (?:is|are)(?: now| therefore)? no longer {_WANTED}"
        ),
        (
            f"{_WRITERS} (?:is|are)(?: now| therefore)? no longer (?:being )?(?:asked|requested"
            f"|required|needed|called upon) (?:to (?:act|{_SEND}))"
        ),
        (
            f"{_WRITERS} (?:is|are|need|do|does)(?: now| therefore)? not (?:being |need to "
            f"|have to )?"
            "(?:asked to |requested to |required to |needed to )?do (?:any ?thing )?(?:more|further"
            "|else)"
        ),
        f"nothing (?:further|more|else) for {_WRITERS} to do",
        (
            "(?:we|amnesty international|amnesty|ai|secretariat) (?:no longer|does not|do not) "
            "(?:require|requires|request|requests|ask|asks|call|calls|seek|seeks|recommend"
            f"|recommends|need|needs)(?: for| on)? (?:any |further |more |additional |your ){{0,3}}"
            f"{_MAIL}"
        ),
        f"{_THIS_UA}{_ABOUT} {_IS}{_NOW} {_SHUT}",
        (
            "(?:this|our|the) (?:action|campaign|letter writing)(?: (?:on behalf of|for|on|in the"
            f" case of)(?: [a-z]{{1,15}}){{1,6}}) {_IS}{_NOW} {_SHUT}"
        ),
        f"action (?:on behalf of|for)(?: [a-z]{{1,15}}){{1,6}} {_IS}{_NOW} {_SHUT}",
        (
            f"(?:{_THIS_UA}{_ABOUT}|{_THESE}) (?:is|are) (?:now )?no longer (?:active|current|open"
            "|in force|valid|running|live|ongoing)"
        ),
        (
            f"(?:{_THIS_UA}{_ABOUT}|{_THESE}) (?:has|have|is|are)?(?: now| therefore| thus)?"
            " ?(?:come|comes|came|coming|brought) to (?:an end|a close|its end)"
        ),
        f"(?:brings?|bringing|draws?) (?:{_THIS_UA}{_ABOUT}|{_THESE}) to (?:an end|a close)",
        (
            "(?:consider|regard|treat|deem|count|mark)(?:ed|s)? "
            f"(?:{_THIS_UA}{_ABOUT}|{_THESE}) (?:as |to be )?(?:now )?{_SHUT}"
        ),
        (
            f"(?:{_THIS_UA}{_ABOUT}|{_THESE}) (?:should|must|can|may) (?:now )?be (?:considered"
            f"|regarded|treated|deemed)(?: as| to be)? {_SHUT}"
        ),
        # Not over a line break: URGENT ACTION stands over many a title.
        rf"(?:urgent\x20action|ua){NUMBER}[\x20:(]{{1,4}}(?:case\x20)?closed",
        (f"{_THESE} {_IS}{_NOW} {_SHUT}"),
        (
            "(?:we|amnesty international|amnesty|ai|secretariat)(?:'re|'s|'ve| is| are| have| has)?"
            "(?: now| therefore| also| decided to| deciding to| going to| be| will| can| must"
            f"| hereby){{0,4}} {_CLOSING} "
            f"(?:this|the|our|its|these|all) {_ACTS}"
        ),
        (
            "(?:and|so|therefore|thus) (?:we )?(?:are|is|am) (?:now |therefore |hereby ){0,2}"
            f"(?:closing|ending|withdrawing|discontinuing|concluding) (?:this|our|these) {_ACTS}"
        ),
        (
            "(?:close|closes|closing|closure|conclusion|concludes?|completes?|ends?|terminates?)"
            f" (?:of )?(?:(?:this|our|the|its) (?:urgent action|ua)s?(?! network)|ua{NUMBER_HERE})"
        ),
        # Of other final outputs reports tell.
        (
            "final (?:output|outcome|update|ua update|information|follow up|document"
            "|report|bulletin"
            "|notice)s?(?: (?:for|of|on|to|in|regarding))? (?:this |the |our )?(?:urgent actions?"
            "|uas?)(?! network)"
        ),
        "(?:[a-z]{1,12} and|third|fourth) final (?:output|outcome|update|ua|urgent action)s?",
        rf"(?:urgent\x20action|ua){NUMBER}[^a-z0-9|\n]{{1,5}}final (?:output|outcome|update)s?",
        (
            "(?:last|closing) (?:output|outcome|update)s? (?:for|of|on|to) (?:this |the |our )?"
            "(?:urgent actions?|uas?)(?! network)"
        ),
        (
            "final (?:outcome|update)s? (?:for|of|on|to|in|regarding) (?:this |the |our )?(?:case"
            "|action|campaign)"
        ),
        (
            "this (?:is|will be) (?:the|our|a) (?:[a-z]{1,12} and )?final (?:output"
            "|outcome|update|ua"
            "|urgent action|information|document|notice|issue)"
        ),
    ]
)
"""Other ways to say that it ends."""

_HEAD_GAP = r"[^a-z0-9|\n]{0,5}"
_UA_LINE = rf"(?:(?:urgent action|ua)s?{_HEAD_GAP}(?:[0-9]{{1,3}}[/. ][0-9]{{2,4}}{_HEAD_GAP})?)?"
HEADINGS = re.compile(
    r"(?:(?<=[|\n])|\A)[^a-z0-9|\n]{0,5}(?P<words>(?:(?:urgent action|ua|case"
    r"|action|file)[^a-z0-9|\n]{0,4}(?:is |now ){0,2}closed|"
    rf"{_UA_LINE}(?:update{_HEAD_GAP})?(?:closed|closure|case closed"
    r"|(?:final|last) (?:update|outcome|information|output|ua|urgent action)|stop|stopped"
    r"|stop action(?: notice)?|action (?:ended|stopped|completed?|over))"
    rf"(?: (?:of|for|on))?{_HEAD_GAP}{_UA_LINE}))[^a-z0-9|\n]{{0,5}}(?=[|\n]|\Z)"
)
"""Lines that say nothing else than that it ends."""
_S = r"[^a-z0-9.:]{1,9}"
NONE_ASKED = re.compile(
    r"(?:(?<=[|\n])|\A)[^a-z0-9|\n]{0,5}(?P<words>"
    rf"(?:(?:further|recommended|requested|required|suggested|new|ua){_S}){{0,3}}"
    rf"(?:actions?|appeals?)(?:{_S}(?:to|required|requested|recommended|needed|before"
    rf"|by{_S}the{_S}network|asked{_S}for))?"
    rf"[^a-z0-9|\n]{{0,3}}:[^a-z0-9]{{0,12}}(?:none|nil|nothing|n/a|no{_S}action"
    rf"|not{_S}applicable|not(?={_S}(?:required|requested|recommended|needed|necessary)))"
    rf"(?:{_S}(?:is|are|now|required|requested|recommended|needed|necessary|further|please"
    rf"|at{_S}present|at{_S}(?:this|the){_S}(?:time|present|moment|stage))){{0,5}}"
    r")[^a-z0-9|\n]{0,5}(?=[|\n.]|\Z)"
)
"""A label for what to do, and that it is nothing."""
END_MARK = re.compile(
    r"(?:(?<=[|\n])|\A)[^a-z0-9|\n]{0,200}end of (?:this |the )?(?:urgent |ua )?(?:action"
    r"|ua|appeals?"
    r"|message|document|text|mailing|case)(?: (?:appeals?|message|bulletin"
    r"|mailing))?[^a-z0-9|\n]{0,200}(?=[|\n]|\Z)"
)
"""A line that says where the text stops, or that the action does."""

ORDERS = tuple(
    words(pattern)
    for pattern in [
        (
            f"(?:stop|cease|discontinue|halt|end(?! of))(?: {_ANY}| {_SENDING}| ua| urgent| further"
            f"| more| new){{0,5}} {_MAIL}"
        ),
        f"(?:stop|cease|discontinue) (?:sending|writing|letter writing)(?: {_ANY})?(?: {_MAIL})?",
        "stop ?(?:all )?(?:this )?(?:urgent |ua )?action",
        (
            f"(?:not|don't|don t|never|refrain from|avoid|longer) (?:to )?(?:{_SEND}|{_SENDING}) "
            f"(?:{_ANY} ){{0,2}}(?:further|more|additional|new) {_MAIL}"
        ),
        f"(?:do not|don't|don t) (?:{_SEND}) (?:{_ANY} )?{_MAIL}",
        "(?:do not|don't|don t) (?:write|take action) (?:any ?more|any longer|further|again)",
        (
            "(?:do not|don't|don t|need not) (?:need to |have to )?write (?:any ?more"
            "|any longer|again)"
        ),
    ]
)
"""Orders to stop, where they are given to us."""

_ELSEWHERE = (
    # French; letters with an accent are gaps.
    (
        "aucune? (?:autre|nouvel(?:le)?|nouveau|action|suppl"
        "|compl)(?: [a-z]{1,12}){0,4} n'est (?:plus )?"
        "(?:requis|demand|n cessaire|attendu|sollicit)e?"
    ),
    "aucun(?:e)? (?:autre |nouvel(?:le)? )?(?:action|appel)(?: [a-z]{1,12}){0,4} n (?:est|'est)",
    "n'est plus n cessaire d'(?:envoyer|crire|agir)",
    "(?:ne plus|cesser d'|arr ter d') ?(?:envoyer|crire)",
    # Spanish
    (
        "no se (?:requiere|requieren|solicita|solicitan|pide|piden|necesita|necesitan|precisa) "
        "(?:ninguna |m s |nuevas? |otras? |por ahora ){0,3}(?:otra |nueva )?(?:acci|accion"
        "|llamamiento"
        "|cartas|medida)[a-z]*"
    ),
    "no (?:es|ser ) ?(?:ya )?necesari[oa]s? (?:enviar|realizar|emprender|tomar)",
    "dejen? de enviar",
    # Portuguese
    "n o (?:necess ria|requerida|solicitada|mais necess rio)",
    # German
    (
        "(?:keine? weiteren?|weitere) (?:aktion|appell|briefe?|ma nahme"
        "|schreiben)[a-z]*(?: [a-z]{1,12})"
        "{0,4} (?:nicht |mehr )?(?:erforderlich|n tig|notwendig|erbeten|gew nscht)"
    ),
    "keine? weiteren? (?:aktion|appell|ma nahme)[a-z]*",
    # Italian, Dutch
    "non (?:sono|) ?(?:pi )?(?:richiest[aeio]|necessari[aeio]) (?:ulteriori|altre|nuove|ulteriore)",
    "geen (?:verdere|nieuwe) (?:actie|acties|brieven|oproepen)",
)
"""As translations end."""

HINTS = tuple(
    words(pattern)
    for pattern in [
        (
            "(?:not|no longer) (?:asking|requesting|calling|seeking|ask|request)(?: for| on| you"
            f"| members| participants| the network| to){{0,4}} (?:{_SEND} )?(?:any |further |more "
            "|additional ){1,2}(?:action|appeals)"
        ),
        (
            f"(?:suspend|pause|hold|postpone|delay|put on hold)(?: {_ANY}| {_SENDING}| off| further"
            f"| more){{0,4}} (?:appeals|letters|sending|writing)"
        ),
        (
            f"(?:this|the) (?:urgent action|ua){NUMBER} (?:is|has been|was)(?: now)? (?:suspended"
            f"|on hold|paused|postponed|{_SHUT})"
        ),
        (
            f"(?:(?:this |the )?(?:urgent action|ua){NUMBER}{_ABOUT}|{_THESE}|all appeals|appeals"
            "|action on th(?:is|ese) (?:case|ua)s?) (?:is|are|has been|have been|will be)"
            f"{_NOW}(?: temporarily| provisionally)? (?:suspended|on hold|paused|postponed"
            "|expired|put on hold|superseded|replaced|closed for)"
        ),
        rf"(?:urgent\x20action|ua){NUMBER}[\x20:(]{{1,4}}(?:suspended|paused|on\x20hold|postponed)",
        f"(?:this |the )?(?:urgent action|ua){NUMBER} will (?:now )?(?:close|end|expire and close)",
        f"(?:{_THIS_UA}|{_THESE}) (?:is|has been)(?: now)? (?:temporarily|provisionally) {_SHUT}",
        (
            r"(?<!legal\x20)(?<!court\x20)(?<!military\x20)action is (?:now )?(?:suspended"
            "|on hold|paused)"
        ),
        f"put (?:{_ANY} )?{_MAIL} on hold",
        f"wait before {_SENDING}",
        (
            "(?:discard|disregard|destroy|delete)(?: all)?(?: copies of)? (?:this |the |our )"
            f"(?:urgent action|ua){NUMBER}"
        ),
        f"(?:discard|disregard|destroy|delete)(?: all)?(?: copies of)? ua{NUMBER_HERE}",
        (
            "(?:our|the|this) (?:campaign|campaigning|urgent action|ua)(?: [a-z]{1,15}){0,6} "
            "(?:ends?|stops?|finish(?:es)?) (?:here|with this)"
        ),
        (
            "(?:no|nothing) (?:more|further) (?:to|can|that can) be done(?: [a-z]{1,12}){0,6} "
            f"{_WRITERS}"
        ),
        (
            "(?:please|to) (?:await|wait for) (?:our |further |new "
            "|more ){0,2}(?:instructions|advice"
            "|update|word|notice)"
        ),
        (
            "(?:this|the|these) (?:urgent |ua )?(?:case|action|appeal)s? (?:has been"
            "|have been|is|are|will be)"
            "(?: now| therefore)? (?:transferred|handed|passed|referred|taken)(?: over| on| up)? "
            "(?:to|by) (?:the |an? |amnesty |local |other ){0,3}(?:groups?|regional action"
            "|action file|country action|casework|long term|network)"
        ),
        "(?:this|the) (?:case|action|ua|urgent action) is now a (?:long term|group|country)",
        (
            "(?:does|do) not (?:believe|consider|think|feel|find)(?: that)? (?:any )?(?:further"
            f"|more|additional) {_MAIL}"
        ),
        (
            "no (?:further|more) (?:uas?|urgent actions?"
            "|updates?) (?:[a-z]{1,12} ){0,4}(?:will|shall)"
            " be (?:issued|sent|produced|published)"
        ),
        f"no (?:more|further|others?)(?: ones?)? (?:is|are) (?:now |being )?{_WANTED}",
        (
            "no further (?:work|involvement|participation|mobili[sz]ation|assistance|support|help"
            "|writing|letter writing|effort)s?(?: [a-z]{1,12}){0,7} (?:is|are"
            "|will be) (?:now |being "
            f"|currently )?{_WANTED}"
        ),
        *_ELSEWHERE,
        f"the (?:case|action|appeal) is(?: [a-z]{{1,9}})? now(?: [a-z]{{1,9}})? {_SHUT}",
        "this is (?:the|our) last (?:output|update|ua|urgent action)",
        "(?:final|last|one last|closing) (?:round|set|batch) of (?:appeals|letters|messages|faxes)",
        f"send (?:a|one|your) (?:final|last) {_MAIL}",
    ]
)
"""What may end it, or not."""
