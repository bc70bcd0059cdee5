"""The grammar of threats: who would do what to whom."""

from __future__ import annotations

import re
from typing import Final

HEADS: Final = ("violence", "user", "third_party", "illegal")

SURE: Final = 0.93
"""What a sentence scores that threatens outright."""

_HARM: Final = (
    r"(?:kill|murder|stab|shoot|strangle|hurt|harm|beat|burn|destroy|slaughter|choke|bury|poison"
    r"|crush|break|ruin|torture|hunt|execute|maim|punish|behead|cut|gut|drown|hang|rape|assault"
    r"|attack|end|silence|expose|dox|doxx|blackmail|annihilate|eliminate|bomb|smash|skin|butcher"
    r"|dismember|lynch|exterminate|whack|get you|get him|get her|come after|come for|come and get"
    r"|coming for|coming after|track (?:you|him|her|them) down|make (?:you|him|her|them) (?:suffer"
    r"|pay|regret|bleed|disappear|beg|scream)|find (?:you|him|her|them)|leak|publish|release|report"
    r"|send (?:your|the) )"
)
_WILL: Final = (
    r"\b(?:i|we)(?: |['’])?(?:will|ll|shall|am going to|are going to|m going to|re going to|m gonna"
    r"|am gonna|swear i(?:['’]| wi)ll|can|could|have the power to|want to|plan to|intend to"
    r"|am about"
    r" to|m about to|would love to|m coming|am coming|would)\b"
)
_THEM: Final = (
    r"(?:him|her|them|his|the (?:journalist|reporter|editor|mayor|president|judge|senator|witness"
    r"|minister|teacher|doctor|police|researchers?|developers?|neighbou?rs?|politician|author)"
    r"|(?:mr|mrs|ms|dr)\.? \w+|that (?:journalist|reporter|man|woman|judge|editor)"
    r"|all (?:of )?(?:the )?(?:\w+s|women|men|people)|everyone|everybody|people|humans|humanity"
    r"|those \w+|these \w+|your (?:family|wife|husband|kids|children|mother|sister|parents|son"
    r"|daughter|friends))"
)

_TO_USER = re.compile(
    rf"{_WILL}[^.!?\n]{{0,50}}\b{_HARM}\b[^.!?\n]{{0,40}}\b(?:you|your|yourself|u)\b"
    rf"|{_WILL}[^.!?\n]{{0,30}}\b(?:get you|come after you|make you (?:suffer|pay|regret|bleed|beg"
    r"|scream|disappear)|find you)"
    r"|\byou(?:['’]ll| will| are going to|['’]re going to| shall)"
    r" (?:die|pay for (?:this|that|it|what)|regret (?:this|it|ever)|suffer|bleed|be sorry|wish you)"
    r"|\byou(?:['’]re| are) (?:dead|a dead man|finished|next)\b"
    r"|\bwatch your back\b|\b(?:i|we) know where you (?:live|work|sleep)\b|\bor else\b"
    r"|\byour (?:days are numbered|family will (?:pay|suffer|die))"
    r"|\bi(?:['’]m| am) (?:coming for|coming after|going to get|watching) you\b"
)
_TO_THIRD = re.compile(
    rf"{_WILL}[^.!?\n]{{0,50}}\b{_HARM}\b[^.!?\n]{{0,40}}\b{_THEM}\b"
    rf"|\b(?:somebody|someone|we|you) (?:should|must|ought to|has to|needs? to) (?:kill|murder"
    rf"|shoot|stab|hang|burn|lynch|execute|silence|bomb|behead|eliminate|exterminate) \b{_THEM}\b"
    rf"|\b{_THEM} (?:deserves?|ought|has|have|must|needs?|should) (?:all )?(?:to )?"
    r"(?:die|be (?:shot|killed|hanged|burned|executed|murdered|exterminated|eliminated|lynched))"
    r"|\b(?:she|he|they)(?:['’]ll| will) (?:die|pay for (?:this|it|that)|regret (?:this|it|that))\b"
)
_OUTRIGHT_USER = re.compile(
    r"\b(?:i|we)(?: will|['’]ll| am going to|['’]m going to| are going to|['’]re going to"
    r"|['’]m gonna| shall| swear i['’]ll) (?:\w+ ){0,4}?(?:kill|murder|stab|shoot|strangle|hurt"
    r"|burn|destroy|slaughter|choke|bury|poison|crush|torture|behead|ruin|butcher|hunt) you\b"
    r"(?! (?:with|by) (?:kindness|love|laughter))"
    r"|\bi can (?:blackmail|threaten|hack|expose|ruin|destroy|hurt) you\b"
    r"|\b(?:i|we) know where you (?:live|sleep)\b[^.!?\n]{0,40}\b(?:and|so)\b"
    r"|\bi(?:['’]ll| will) make you (?:suffer|pay|bleed|beg|scream|regret)\b"
    r"|\byou(?:['’]re| are) a dead (?:man|woman)\b"
)
_OUTRIGHT_THIRD = re.compile(
    r"\b(?:i|we)(?: will|['’]ll| am going to|['’]m going to| are going to|['’]re going to"
    r"|['’]m gonna| shall) (?:\w+ ){0,4}?(?:kill|murder|stab|shoot|strangle|burn|slaughter|poison"
    rf"|torture|behead|butcher|hang|bomb|exterminate|hunt down) (?:\w+ ){{0,2}}?{_THEM}\b"
    r"|\b(?:somebody|someone|we) (?:should|must|ought to|has to|have to) (?:kill|murder|stab|shoot"
    rf"|hang|lynch|execute|behead|exterminate|assassinate) {_THEM}\b"
)
_TOLD = re.compile(
    r"\b(?:he|she|they|the \w+|somebody|someone) "
    r"(?:says?|said|tells?|told|threatens?|threatened|shouts?|shouted|whispers?|whispered|yells?"
    r"|yelled|writes?|wrote|snarl(?:s|ed)|growl(?:s|ed)|warns?|warned|vows?|vowed)\b"
    r"|\b(?:novel|film|movie|story|character|villain|protagonist|plot|scene|episode|fiction|game"
    r"|player|quest|boss|monster|enemy team|opponent|song|lyrics|book|author)\b"
    r"|\b(?:process|processes|thread|server|daemon|pid|command|container|virus|bacteria|weeds|mold"
    r"|mould|germs|cancer cells|pests|battery|engine|build|lights?|mosquitoe?s)\b"
)
_IN_LAW = re.compile(
    r"\b(?:police|court|convicted|sentenced|arrested|accused|alleged|jury|trial|prosecutor"
    r"|suspect|reported|according to|self-defen[cs]e|defend yourself|law|illegal|statute)\b"
)
_NOT_MEANT = re.compile(
    r"\b(?:never|not|n['’]t|cannot|wrong|unacceptable|sorry|apologi[sz]e|if i were"
    r"|imagine|hypothetical|suppose|joking|kidding|metaphor|kill time|with kindness|laughing"
    r"|help you|support you|let you|teach you|show you|guide you|assist you|hurt you(?:r)? "
    r"(?:credit|chances|score))\b"
)


_SPOKEN_TO = re.compile(
    r"\b(?:you|your|yours|yourself|du|dich|dir|dein\w*|ihnen|ihre?[mnrs]?|euch|euer|eure\w*"
    r"|tu|te|ti|tus?|tuy[oa]s?|usted(?:es)?|vos|ton|ta|tes|toi|vous|votre|vos"
    r"|você|vocês|teu|tua|seu|sua|lhe)\b|[你您]"
)


def gate(passage: str) -> tuple[float, ...]:
    """A factor in [0, 1] for each of `HEADS`; `passage` in lower case.

    A threat says who would do what to whom, and is neither told of others nor taken back.
    """
    _, to_user, to_third, _ = floors(passage)
    meant = 0.4 if _TOLD.search(passage) or _NOT_MEANT.search(passage) else 1.0
    if not to_user and not to_third and _IN_LAW.search(passage):
        meant = 0.4
    user = 1.0 if to_user or _TO_USER.search(passage) else 0.4
    third = 1.0 if to_third or _TO_THIRD.search(passage) else 0.4
    return meant * max(user, third, 0.6), meant * user, meant * third, 1.0


def to_user(passage: str) -> bool:
    """Whether a passage in lower case speaks to somebody, in one of six languages."""
    return _TO_USER.search(passage) is not None or _SPOKEN_TO.search(passage) is not None


def floors(passage: str) -> tuple[float, ...]:
    """For each head the least that a passage in lower case scores: `SURE` or 0."""
    user = SURE if _OUTRIGHT_USER.search(passage) else 0.0
    third = SURE if _OUTRIGHT_THIRD.search(passage) else 0.0
    return max(user, third), user, third, 0.0
