"""Which sentences of an answer claim something, and could be right or wrong."""

from __future__ import annotations

import re2

from detectors.base import sentence_spans
from detectors.hallucination.grounding import MAX_ANSWER_CHARS, MAX_CLAIMS

# An answer that only asks something claims nothing, however far it is from its documents: what it
# scores from the first on is pressed together below the second.
_PRESSED_FROM, _CEILING = 0.3, 0.4

_NO_CLAIM = re2.compile(
    r"(?i)^\W*(?:"
    r"(?:hi|hello|hey|thanks|thank you|sure|certainly|of course|great question|you'?re welcome"
    r"|good (?:morning|afternoon|evening|question|luck)|absolutely|no problem|happy to help"
    r"|ok|okay|sounds good|have a (?:nice|great|good))\b[^,.:;]{0,30}\W*$"
    r"|(?:yes|no)\W*$"
    r"|(?:i hope|hope) (?:this|that) helps?\b"
    r"|(?:please )?(?:let me know|feel free|don'?t hesitate)\b"
    r"|(?:if|should) you (?:have|need|would like|want)\b.{0,80}\b(?:ask|know|help|questions?)\b"
    r"|(?:is there any|would you like|do you (?:want|need|have)|can i|could you|shall i)\b"
    r"|(?:i'?d|i would|i'?ll) be (?:happy|glad) to\b"
    r"|(?:here|below) (?:is|are|'s)\b.{0,100}:$"
    r"|here'?s\b.{0,100}:$"
    r"|(?:i'?m|i am|we'?re|we are) (?:sorry|afraid|not sure|unable|not able)\b[^,]*$"
    r"|(?:sorry|apologies|unfortunately)\W+(?:but )?(?:i|we|the|there|this|that|your|no)\b"
    r".{0,60}\b(?:not|n't|no|cannot|unable)\b"
    r"|(?:(?:i'?m |we'?re )?(?:so |very )?sorry,? (?:but )?)?(?:i|we) (?:apologi[sz]e\b"
    r"|(?:was|am|were) unable\b"
    r"|(?:can|could|do|did)(?: ?not|n'?t) (?:\w+ )?(?:know|have|find|see|provide|help|answer|access"
    r"|tell|say|determine|confirm|assist|share|comment)\b[^,]*$)"
    r"|as an ai\b"
    # What is said of the conversation itself: who answers, in which language, where to go on.
    r"|(?:good)?bye\b[^.:;]{0,40}\W*$|see you\b[^.:;]{0,30}\W*$"
    r"|(?:enjoy|have) (?:your|a) (?:visit|stay|day|trip|weekend|evening)\b[^.:;]{0,20}$"
    r"|(?:i|sorry,? i|i'?m sorry,? (?:but )?i) (?:did(?: not|n'?t)|do(?: not|n'?t)) (?:quite "
    r"|really )?"
    r"(?:get|understand|follow|catch)\b"
    r"|i(?:'?m| am) (?:just |only )?(?:a|an|your) (?:virtual |digital |ai |automated |online )*"
    r"(?:assistant|chatbot|bot|agent)\b"
    r"|(?:unfortunately,? )?i (?:can(?:not|'?t| not)|do(?: not|n'?t)) (?:see|access|look (?:at"
    r"|into|up)|open"
    r"|check|view|have access to) (?:your|any|personal|individual|customer)\b"
    r"|(?:(?:yes|no|sure|of course|certainly)\W+)?(?:i (?:can|speak|understand|also speak)"
    r"|you can (?:also )?"
    r"(?:write|talk|speak|chat)(?: to| with)?(?: me| us)?)\b.{0,30}\b(?:english|german|french"
    r"|spanish"
    r"|italian|portuguese|dutch|polish|swedish|danish|norwegian|turkish|arabic|chinese"
    r"|japanese)\W*$"
    r"|(?:(?:yes|sure|of course|certainly)\W+)?(?:you can|please|to) .{0,80}"
    r"\b(?:button|link|form|field|menu|icon)s? (?:right )?(?:below|above|here"
    r"|under(?:neath)? this)\b"
    r"|(?:i'?ll|i will|let me|i can|i'?m going to) (?:now )?(?:connect|transfer|forward|pass|put"
    r"|hand|escalate|look"
    r"|check)\b"
    r"|(?:(?:sure|of course|certainly|yes|okay),? )?let me (?:see|have a look|check|look|find)\b"
    r"|(?:i'?m|we'?re) (?:glad|happy|pleased|delighted) (?:that |to |this |it |you )"
    r"|(?:glad|happy|pleased) (?:that|to|it|i could)\b[^.:;]{0,40}\W*$"
    r"|(?:one|just a) moment\b[^.:;]{0,20}\W*$"
    r")"
)
# The same in German, French, Spanish, Portuguese, Italian and Chinese.
_NO_CLAIM_EITHER = re2.compile(
    r"(?i)^\W*(?:"
    r"(?:hallo|guten (?:tag|morgen|abend)|danke|vielen dank|gern(?:e)?|gern geschehen|natürlich"
    r"|bonjour|bonsoir|salut|merci|de rien|bien sûr|avec plaisir|au revoir|hola|buenos días"
    r"|buenas (?:tardes|noches)|gracias|de nada|claro|por supuesto|con gusto|adiós|olá|oi|bom dia"
    r"|boa (?:tarde|noite)|obrigad[oa]|claro que sim|ciao|buongiorno|grazie|prego|certo)\b"
    r"[^,.:;\d]{0,30}\W*$"
    r"|(?:leider|tut mir leid|es tut mir leid|entschuldigung)\b.{0,40}\b(?:kein\w*|nicht|nichts)\b"
    r"[^,\d]*$"
    r"|(?:désolée?|je suis désolée?|malheureusement)\b.{0,30}\b(?:pas|aucune?)\b[^,\d]*$"
    r"|(?:lo siento|lamentablemente|disculpa|perdona)\b.{0,20}\bno\b[^,\d]*$"
    r"|(?:desculpe|sinto muito|infelizmente|lamento)\b.{0,20}\bnão\b[^,\d]*$"
    r"|(?:melden sie sich|fragen sie|sagen sie|lassen sie (?:mich|es) .{0,10}wissen"
    r"|schreiben sie mir"
    r"|ich helfe|ich bin (?:gern|für sie)|das freut mich|freut mich|schön(?:en|e|er)? (?:tag|abend"
    r"|wochenende))\b[^\d]{0,80}$"
    r"|(?:n'hésitez pas|je reste à|je suis (?:là|à votre)|je vous en prie|ravie? (?:de|d')|bonne"
    r" (?:journée|soirée|visite))[^\d]{0,80}$"
    r"|(?:estoy (?:aquí|para)|quedo a|no dudes? en|no dude en|avísame|me alegr"
    r"|encantad[oa])[^\d]{0,80}$"
    r"|(?:fico (?:à|feliz)|estou (?:aqui|à)|não hesite|fique à vontade|que bom"
    r"|tenha um)[^\d]{0,80}$"
    r"|(?:你好|您好|谢谢|不客气|不用谢|再见|抱歉|对不起|很高兴|请问|如有|如果您?还?有)[^\d]{0,40}$"
    r")"
)
_NOT_IN_DOCUMENTS = re2.compile(
    r"(?i)\b(?:documents?|context|texts?|passages?|sources?|articles?|information|excerpts?"
    r"|references?|results?|provided|knowledge base)\b.{0,60}"
    r"\b(?:(?:do|does|did|is|are)(?: not|n['’]t)|not|no|never)\b.{0,30}"
    r"\b(?:say|state|mention|specif|contain|provide|include|indicate|answer|address|discuss"
    r"|give|available|enough|clear|cover|report|detail|information)"
    r"|\b(?:no|not enough|insufficient|not any) (?:information|mention|details?|data|answer)\b"
    r".{0,80}\b(?:provided|context|documents?|texts?|passages?|sources?|article|available|given)"
    r"|\b(?:i|we)\b.{0,20}(?:\bnot|n['’]t|\bunable to|\bcannot)\b.{0,12}"
    r"\b(?:find|locate|determine|answer|confirm|verify)\b"
    r"|(?:文中|文档|资料|材料|上下文).{0,12}(?:没有|未|并未|不)"
)
_NO_CLAIMS = (_NO_CLAIM, _NO_CLAIM_EITHER, _NOT_IN_DOCUMENTS)


def claim_spans(answer: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Spans of the sentences that claim something, and of those that ask something.

    Greetings, offers, and refusals ("the documents don't say") are in neither. Looks at the
    first 24,000 characters and the first 48 sentences of each kind.
    """
    claims: list[tuple[int, int]] = []
    questions: list[tuple[int, int]] = []
    for start, end in sentence_spans(answer[:MAX_ANSWER_CHARS]):
        # re2 takes UTF-8 only, which has no lone surrogates.
        sentence = answer[start : min(end, start + 600)].encode("utf-8", "replace").decode()
        if any(pattern.search(sentence) for pattern in _NO_CLAIMS):
            continue
        spans = questions if sentence.endswith(("?", "？")) else claims
        if len(spans) < MAX_CLAIMS:
            spans.append((start, end))
    return claims, questions


def as_question(score: float) -> float:
    """The score of an answer that only asks something: below 0.4, in the same order."""
    if score <= _PRESSED_FROM:
        return score
    return _PRESSED_FROM + (score - _PRESSED_FROM) / (1 - _PRESSED_FROM) * (
        _CEILING - _PRESSED_FROM
    )
