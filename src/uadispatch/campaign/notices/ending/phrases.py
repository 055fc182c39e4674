"""The phrases by which an Urgent Action ends, pauses, or only seems to: patterns, no judgement.

All are for the text of `plain`: small letters a-z, digits, and the marks . : , ( ) " ' / and the
two line breaks.
"""

from __future__ import annotations

import re

__all__ = [
    "AGAINST",
    "AUTHORITY",
    "BE_SENT",
    "CASE",
    "CONDITIONAL",
    "EARLIER",
    "FILLED",
    "GOES_ON",
    "HALF",
    "HEAD",
    "LEAD_IN",
    "NETWORK",
    "NO_WORD",
    "NUMBER",
    "NUMBER_HERE",
    "OTHERS",
    "OURS",
    "PAUSE_AFTER",
    "PAUSE_HERE",
    "PAUSE_NEAR",
    "REPORTED",
    "REQUEST_BEFORE",
    "TAIL",
    "TAKE_NO",
    "VERB",
    "VERB_OF_ACTION",
    "WILL",
    "words",
]

GAP = "[^a-z0-9.:,]*"
"""Between the letters of one phrase: spaces, quotes, breaks, what is left of broken accents."""
_SPACE = r"[^a-z0-9.:]{1,12}"
_PERHAPS = r"[^a-z0-9.:]{0,12}"


def _spelt(*phrases: str) -> str:
    """A pattern for words however they are spaced, broken over lines or put in quotes."""
    look_alikes = {"o": "[o0]", "i": "[i1l]", "l": "[l1i]"}
    found = [
        GAP.join(look_alikes.get(letter, letter) for letter in phrase if letter != " ")
        for phrase in sorted(phrases, key=len, reverse=True)
    ]
    return "(?:" + "|".join(found) + ")"


def words(pattern: str) -> re.Pattern[str]:
    """A pattern for whole words; each space in it may be a break, a quote or a comma."""
    spaced = pattern.replace(" ?", _PERHAPS).replace(" ", _SPACE)
    return re.compile(r"(?<![a-z0-9])(?:" + spaced + r")(?![a-z0-9])")


_MORE = _spelt(
    "further", "more", "additional", "other", "new", "urgent", "immediate", "followup", "ua",
    "subsequent", "extra", "special",
    "futher", "furter", "furhter", "furthur", "futhur", "futrher", "fruther", "farther",
)  # fmt: skip
_WHAT = _spelt(
    "action", "appeal", "letter", "fax", "faxes", "message", "email", "telegram", "campaigning",
    "correspondence", "participation", "steps", "intervention", "activity", "activities",
    "acton", "aciton", "actoin",
)  # fmt: skip

HEAD = re.compile(
    _spelt("no")
    + GAP
    + f"(?P<more>(?:(?:{_MORE}|f[urthe]{{3,6}}r){GAP}){{0,3}})(?P<what>{_WHAT}|a[ctio]{{2,6}}n)"
    + f"(?:{GAP}s(?![a-z]))?"
    + f"(?:[^a-z0-9.:,|\n]*{_WHAT}(?:{GAP}s(?![a-z]))?)?"
)
"""``no further action``: what most endings begin with."""

_VERB = words(
    "(?:being )?(?:re?q[a-z]{4,8}d|nec+[a-z]{0,2}s+[a-z]{1,4}y|needed|asked(?: for| of)?|sought"
    "|called for|recommended|warranted|advised|called upon|desired|wanted|suggested|proposed)"
)
VERB = re.compile(
    _VERB.pattern
    + "|\\A"
    + GAP
    + _spelt("is requested", "is required", "is needed", "is necessary", "required", "requested")
)
"""Also misspelt, broken or run into the words around it."""
VERB_OF_ACTION = words(
    "useful|helpful|advisable|fruitful|productive|possible|appropriate|expected|envisaged"
    "|foreseen|anticipated|planned|due"
)
"""Of appeals in a court these are said too."""
BE_SENT = words("be (?:taken|sent|made|issued|written)")
WILL = words("will|would|can|could|may|might|cannot")
EARLIER = words("was|were|been|had|has|have|would|could|might|took|did")

REQUEST_BEFORE = re.compile(
    r"(?<![a-z])(?:requires?|needs?|requests?|asks?|asking|requesting|seeks?|recommends?|expects?"
    r"|calls?|calling|warrants?)(?:[^a-z0-9]{1,12}(?:for|on))?[^a-z0-9]{0,12}\Z"
)
TAKE_NO = re.compile(r"(?<![a-z])(?:take|send|make|write|issue|undertake)[^a-z0-9.]{0,6}\Z")
LEAD_IN = words(
    "therefore|thus|hence|consequently|accordingly|so|as a result|as such|for this reason"
    "|for these reasons"
)
"""After it the document speaks for itself."""

_MEMBERS = (
    "(?:network|networks|members|membership|participants|sections|activists|supporters|writers"
    "|coordinators|readers|groups)"
)
_NETWORK = (
    "(?:the |our |any |all |your )?(?:(?:amnesty international|amnesty|ai|aiusa)(?:'s|s|')? "
    f"(?:the )?)?(?:urgent actions?|uas?|uan|appeals?|letters?)(?: writing)? {_MEMBERS}"
)
_PLAIN_NETWORK = "(?:the |our |any |all )?(?:network|networks|members|participants|sections|uan)"
NETWORK = words(_PLAIN_NETWORK)
OURS = words(
    f"{_NETWORK}|(?:amnesty international|amnesty|ai|our|your)(?:'s|s|')? {_MEMBERS}|uan"
    "|(?:from|by|of) (?:you|us|the network)"
    "|(?:on|for|of|to) (?:this|these) (?:uas?|urgent actions?)"
)
"""Who is asked for no more: the people who write."""

NUMBER_HERE = "(?:[^a-z0-9]{1,4}[0-9]{1,3}[^a-z0-9]{1,3}[0-9]{2,4})"
NUMBER = "(?:[^a-z0-9]{1,4}[0-9]{1,3}[^a-z0-9]{1,3}[0-9]{2,4})?"
_CASE = (
    "(?:this |the above |these |the |our |the present |their |his |her |either |both )?"
    "(?:particular )?(?:uas?|urgent actions?|cases?(?! of)|actions?|appeals?|matters?|issue"
    "|campaign)(?: number)?" + NUMBER
)
CASE = words(f"(?:on|in|for|regarding|concerning|about) {_CASE}")
TAIL = words(
    "at (?:this|the|that)(?: present| current)? (?:time|stage|point|moment|present|juncture)"
    "|at present|at moment|currently|presently|now|please|any ?more|any longer"
    "|in this regard|here|thank you|thanks|from now on|further"
    "|(?:from|by|of|on the part of|for|to|with|within|through|amongst|among|in) "
    f"(?:{_NETWORK}|{_PLAIN_NETWORK}|(?:amnesty international|amnesty)(?:'s|s)?(?: {_MEMBERS})?"
    f"|our {_MEMBERS}"
    "|you|us|anyone|everyone)"
    "(?: worldwide| world wide| around the world| in your country)?"
    "|(?:on|in|for|with|regarding|concerning|about|under|in relation to|in respect of|with regard"
    f" to|with respect to|in connection with|on behalf of|as part of) {_CASE}"
    "|on (?:his|her|their|its|your) behalf"
    "|(?:on behalf of|for|in respect of|regarding|concerning) (?:him|her|them|any of them|all of"
    " them|either of them|both of them|the above|any of the above|all of the above)"
    "|on this|(?:uas?|urgent actions?)" + NUMBER
)
"""A piece that may follow the phrase without changing what it says."""
GOES_ON = words(
    "as|since|because|following|given|in view of|in (?:the )?light of|now that|after|due to"
    "|owing to|and|but|although|though|however|while|amnesty|ai|many|we|thank|with|even|despite"
    "|so|who|which|this|should (?:the|there|any)"
)
"""How the sentence may go on, about something else."""
FILLED = words(
    "is|are|will be|shall be|s|now|currently|being|therefore|thus|presently|also|hereby|yet"
    "|to be|further|thought|considered|deemed|believed|either|strictly|felt|that|please"
)
"""A piece that may stand between the phrase and its verb."""
NO_WORD = re.compile(r"[^a-z0-9]*")

AGAINST = words("against|to (?:be taken against|hold|punish|investigate|prosecute|discipline)")
AUTHORITY = words(
    "(?:by|from|of|on the part of|for) (?:(?:the|his|her|their|any|its|local|state|federal|these"
    "|those|such|military|iranian|national|public) ){0,3}(?:government|authorit(?:y|ies)|police"
    "|officers?|officials?|court|courts|judges?|judiciary|prosecutors?|prosecution|ministry"
    "|ministers?|army|soldiers|forces|president|parliament|prison|guards?|administration|state"
    "|governor|commission|committee|board|company|embassy|employers?|doctors?|hospital|defen[cd]e"
    "|lawyers?|un|united nations)"
)
REPORTED = words(
    "said|says|saying|say|told|tells|stated|states|stating|announced|announces|decided|decides"
    "|concluded|concludes|ruled|rules|ruling|claimed|claims|claiming|according to|informed"
    "|declared|insisted|insists|replied|responded|argued|argues|maintains|wrote|alleged"
    "|determined|promised|quoted|testified|ordered|to(?: the)? effect that"
    "|(?:found|added|reported|confirmed|assured|indicated|explained|advised|believed|agreed|noted"
    "|thought|report|letter|reply|response|decision|verdict|judge?ment|statement|satisfied|finding"
    "|recommended|maintained) that"
)
"""Somebody else speaks."""

HALF = words(
    "on behalf of|for|in the case of|in the cases of|in respect of|regarding|concerning"
    "|in relation to|with regard to|in connection with"
)
"""After the phrase, with a name: perhaps one part of a case alone."""
OTHERS = words(
    "others?|remains?|remaining|still|the rest|meanwhile|continues? to (?:be|face|serve)|also"
    "|rest of|however"
)

PAUSE_HERE = words(
    "until|till|unless|for now|for the (?:moment|time being|present)|just now|pending|meanwhile"
    "|in the (?:meantime|mean time|interim)|temporar(?:y|ily)|not yet|as yet|on hold|before then"
    "|while we|for a while|provisionally|for some time|in the near future|at short notice"
    "|this (?:week|month)"
)
PAUSE_AFTER = words(
    "(?:for|in) (?:the )?(?:next |coming |following )?(?:[0-9]{1,3}|a|an|one|two|three|four|five"
    "|six|seven|ten|few|some|several|a few|next|coming) (?:hours?|days?|weeks?|fortnight|months?)"
    "|(?:before|during|throughout) (?:the|his|her|their|this|these) (?:[a-z]{1,12} ){0,3}(?:trials?"
    "|hearings?|talks|negotiations?|elections?|visits?|appeal|verdict|sentencing)"
    "|(?:while|whilst|so long as|as long as) (?:the |these |his |her |such )?(?:negotiations?|talks"
    "|trial|appeal|court|case|hearing|petition)"
)
"""Behind the phrase: it holds for some time alone."""
PAUSE_NEAR = words(
    "until then|till then|until further notice|until you hear|until we"
    "|(?:updates?|further information|more information|new appeals?|further uas?|new uas?"
    "|new urgent action|further appeals?|instructions) (?:will|is to|are to|shall|to) "
    "(?:be (?:sent|issued|provided|requested|needed)|follow)"
    "|will (?:soon|shortly)? ?(?:send|issue|provide|publish) (?:you )?(?:an?|another|a new"
    "|a further|further|more|new) (?:update|information|ua|urgent action|appeals?|action"
    "|instructions)"
    "|(?:further|new|more|renewed|another|fresh) (?:action|actions|appeals|information"
    "|instructions|round) (?:may|might|could|will|is likely to|are likely to)"
    "|will (?:ask|request|call on|call upon) (?:you|members|participants|the network|ua)"
    "|(?:please|to) (?:await|wait|stand by|hold)|await (?:further|new|more|news|instructions)"
    "|wait for (?:further|new|more|news|instructions)|be ready to|stay tuned"
    "|resume (?:appeals|action|writing|sending)"
    "|hold (?:all |any |your |further )?(?:appeals|letters)|let you know (?:when|whether|if|about)"
    "|inform you (?:when|whether|about|of) (?:the )?(?:date|trial|hearing|next|outcome)"
    "|when to (?:resume|start|begin|send|write)"
)
CONDITIONAL = words(
    "if|should (?:the|there|any|he|she|they|it|this)|as (?:necessary|appropriate|required|needed)"
    "|where (?:necessary|appropriate|needed)|any|when necessary|when appropriate|whenever"
)
"""In a sentence on what Amnesty will do later: then nothing is announced."""
