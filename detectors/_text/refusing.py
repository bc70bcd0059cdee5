"""Short answers that refuse outright, in words that leave no doubt, in fifteen languages.

The models learned English refusals of some length. What is a refusal from its first word to its
last, and nothing else, is told by wording; an answer that goes on to say anything more is theirs.
"""

from __future__ import annotations

from typing import Final

import re2

OUTRIGHT: Final = 0.93
"""How surely such an answer refuses, and refuses wholly."""

_LONGEST: Final = 160

_DO: Final = (
    r"(?:do|help(?: you)?(?: with)?|assist(?: you)?(?: with)?|write|say|answer|provide|discuss"
    r"|share|support|talk about)"
)
_THING: Final = r"(?:something |a thing |a request |anything )?(?:that )?"
_ABLE: Final = r"(?:able|allowed|willing|permitted|going|comfortable|in a position)"
_ENGLISH: Final = (
    r"(?:no[.,!]? )?(?:(?:(?:i['’]?m |i am )?(?:so |very |really )?sorry|unfortunately"
    r"|i['’]?m afraid(?: that)?|apologies)[,.!]?(?: but)? )*"
    r"(?:"
    rf"(?:that|this|it)(?:['’]s not| is not| isn['’]t) {_THING}i(?:['’]m| am) {_ABLE} to {_DO}"
    rf"|(?:that|this|it)(?:['’]s not| is not| isn['’]t) {_THING}i (?:can|do|will) ?{_DO}?"
    rf"|(?:that|this|it)(?:['’]s| is) {_THING}i(?:['’]m not| am not|['’]m un"
    rf"| am un){_ABLE} to {_DO}"
    rf"|(?:that|this|it)(?:['’]s| is) {_THING}i (?:can(?:not|['’]t)|won['’]t|will not"
    rf"|don['’]t) {_DO}"
    rf"|i(?:['’]d| would) (?:rather|prefer) not(?: (?:to )?{_DO})?"
    r"|i (?:(?:need to|must|have to|will have to|['’]ll have to|respectfully|politely) )?"
    rf"(?:decline|refuse)(?: to {_DO})?"
    rf"|i(?:['’]m not| am not| won['’]t be| will not be) {_ABLE} to {_DO}"
    rf"|i(?:['’]m| am) (?:unable|unwilling|not here) to {_DO}"
    rf"|i (?:do not|don['’]t|will not|won['’]t|can(?:not|['’]t)) {_DO}"
    r")"
    r"(?: (?:with|about|this|that|it|these|those|such|you|here|one|your|the|kind of|sort of"
    r"|questions?|things?|requests?|topic|matter|today|now)){0,5}"
)
_OTHERS: Final = (
    # de
    r"(?:nein[.,!]? )?(?:(?:es )?tut mir (?:sehr )?leid[,.!]?|leider|entschuldigung[,.!]?"
    r"|sorry[,.!]?|,? ?aber"
    r"|bedaure[,.!]?| )*"
    r"(?:(?:dabei|damit|hierbei|hiermit|bei (?:so etwas|dieser \w+|diesem \w+)|das|dazu|diese \w+"
    r"|so etwas) (?:kann|darf|werde|möchte|will) ich(?: (?:dir|ihnen|euch|leider))* nicht"
    r"(?: weiter)?(?: ?helfen| behilflich sein| unterstützen| tun| machen| schreiben| beantworten"
    r"| sagen| erfüllen)?"
    r"|(?:kann|darf|werde|möchte|will) ich(?: (?:dir|ihnen|euch|dabei|damit|hierbei"
    r"|leider))* nicht "
    r"(?:weiter)?(?:helfen|unterstützen|tun|beantworten)"
    r"|ich (?:kann|darf|werde|möchte|will)(?: (?:dir|ihnen|euch|dabei|damit|hierbei|das|dies"
    r"|diese \w+"
    r"|leider|bei dieser \w+|bei diesem \w+))* nicht (?:weiter)?(?:helfen|unterstützen|tun|machen"
    r"|schreiben|beantworten|erfüllen))",
    # fr
    r"(?:non[.,!]? )?(?:(?:je suis |je (?:m['’]excuse|regrette)|désolée?|malheureusement|navrée?"
    r"|,|\.|!| |mais"
    r"|vraiment)*)"
    r"je (?:ne )?(?:peux|pourrai|puis|suis) pas(?: en mesure de)?(?: (?:vous|t['’]|te|l['’]))? ?"
    r"(?:aider|assister|répondre|faire|accéder|le faire|écrire)"
    r"(?: (?:avec|à|dans|sur|pour|en|ce|cet|cette|cela|ça|celle|type|genre|de|la|votre|ta|demande"
    r"|question|sujet|requête)){0,5}",
    # es
    r"(?:no[.,!] )?(?:(?:lo siento|lo lamento|lamentablemente|perdón|disculpa|disculpe|,|\.|!| "
    r"|pero|mucho)*)"
    r"no (?:puedo|podré|voy a|quiero) (?:ayudarte|ayudarle|ayudar|asistirte|hacer eso|hacerlo"
    r"|responder|escribir eso|cumplir)"
    r"(?: (?:con|a|en|eso|esto|esta|este|esa|ese|tu|su|tipo|de|solicitud|petición|pregunta"
    r"|tema)){0,5}",
    # it
    r"(?:no[.,!] )?(?:(?:mi dispiace|mi spiace|purtroppo|scusa|scusi|,|\.|!| |ma|molto)*)"
    r"non (?:posso|potrò|voglio) (?:aiutarti|aiutarla|aiutare|farlo|fare questo|rispondere"
    r"|assisterti)"
    r"(?: (?:con|a|in|questo|questa|quello|tua|sua|tipo|di|richiesta|domanda)){0,5}",
    # pt
    r"(?:não[.,!] )?(?:(?:desculpe?|lamento|sinto muito|infelizmente|peço desculpas?|,|\.|!| "
    r"|mas)*)"
    r"não (?:posso|poderei|vou|consigo) (?:ajudar|ajudá-l[oa]|te ajudar|fazer isso|responder"
    r"|auxiliar)"
    r"(?: (?:com|a|em|isso|isto|essa|esse|esta|este|sua|seu|tipo|de|solicitação|pedido"
    r"|pergunta)){0,5}",
    # nl
    r"(?:nee[.,!]? )?(?:(?:het spijt me|sorry|helaas|,|\.|!| |maar)*)"
    r"(?:daar|hier|dat|dit)? ?(?:kan|mag|wil|ga) ik (?:je |u |jou )?(?:daar |hier )?(?:niet"
    r"|helaas niet) "
    r"(?:bij |mee |aan )?(?:helpen|doen|beantwoorden|meewerken)(?: (?:met|bij|dit|dat|verzoek"
    r"|deze|vraag)){0,4}"
    r"|(?:(?:het spijt me|sorry|helaas|,|\.| |maar)*)ik (?:kan|mag|wil) (?:je |u |jou )?(?:hier"
    r"|daar)?"
    r"(?:bij|mee)? ?niet (?:mee |bij )?helpen(?: (?:met|bij|dit|dat|verzoek|deze|vraag)){0,4}",
    # pl
    r"(?:nie[.,!] )?(?:(?:przykro mi|przepraszam|niestety|,|\.|!| |ale)*)"
    r"nie (?:mogę|będę|chcę)(?: ci| panu| pani| w tym| z tym)* (?:pomóc|tego zrobić|odpowiedzieć)"
    r"(?: (?:w|z|na|tej|tym|to|tą|sprawie|prośbą|pytanie|prośbie)){0,4}",
    # sv, da, no
    r"(?:nej[.,!]? |nei[.,!]? )?(?:(?:jag är ledsen|tyvärr|förlåt|beklager|desværre|dessverre"
    r"|undskyld|jeg"
    r"|,|\.|!| |men)*)"
    r"(?:det )?(?:kan|vill|vil|får) (?:jag|jeg) (?:tyvärr |desværre |dessverre )?(?:inte|ikke) "
    r"(?:hjälpa|hjælpe|hjelpe|göra|gøre|gjøre)(?: (?:dig|deg|till|til|med|det|detta|dette"
    r"|den)){0,4}"
    r"|(?:(?:jag är ledsen|tyvärr|förlåt|beklager|desværre|dessverre|undskyld|,|\.|!| |men)*)"
    r"(?:jag|jeg) (?:kan|vill|vil) (?:tyvärr |desværre |dessverre )?(?:inte|ikke) "
    r"(?:hjälpa|hjælpe|hjelpe|göra|gøre|gjøre)(?: (?:dig|deg|till|til|med|det|detta|dette"
    r"|den)){0,4}",
    # tr
    r"(?:hayır[.,!]? )?(?:(?:üzgünüm|maalesef|özür dilerim|kusura bakma(?:yın)?|,|\.|!| |ama"
    r"|ancak)*)"
    r"(?:bu|buna|bunu|bu konuda|size|sana|isteğe|istek|için| )*(?:yardımcı olamam|yardım edemem"
    r"|yapamam"
    r"|yanıtlayamam)",
    # ru, uk
    r"(?:нет[.,!]? |ні[.,!]? )?(?:(?:к сожалению|извините?|простите?|мне (?:очень )?жаль|на жаль"
    r"|вибачте"
    r"|перепрошую|,|\.|!| |но|але)*)"
    r"я (?:не могу|не можу|не смогу|не буду|не зможу)(?: (?:вам|тебе|тобі|с|з|в|у|цим|этим|этом"
    r"|этого"
    r"|цього|это|це|на|с этим))* ?(?:помочь|допомогти|ответить|сделать|зробити|выполнить|відповісти"
    r"|помогать|допомагати)"
    r"(?: (?:вам|тебе|с|з|в|у|на|этим|этой|этом|этот|это|цим|цьому|це|просьбой|просьбе|запросом"
    r"|запитом"
    r"|вопрос|питання|темой)){0,5}",
    # zh, ja, ko
    r"(?:不[，,。])?(?:非常|很)?(?:抱歉|对不起|對不起|不好意思)?[，,。！ ]*(?:但是?|但)?(?:我)?"
    r"(?:无法|不能|無法|不会|没办法|拒绝)(?:为您|为你|向您|向你|給您)?(?:协助|提供|帮助|幫助|帮|回答|完成|协助完成|满足|做)"
    r"[^，,。！？]{0,14}",
    r"(?:申し訳(?:ありません|ございません)|すみません|ごめんなさい|恐れ入りますが)?(?:が)?[、。 ]*"
    r"(?:その|この|そのような|ご)?[^、。]{0,12}(?:は|を|には|に|について)?(?:お手伝い|お答え|お応え|対応|協力)"
    r"(?:は|することは|することが)?(?:でき(?:ません|かねます)|いたしかねます)",
    r"(?:죄송(?:합니다|하지만|합니다만)|미안(?:합니다|하지만)|아니요)?[,. ]*[^.]{0,16}"
    r"(?:도와드릴|도와 드릴|답변드릴|도울|해드릴) 수 없(?:습니다|어요|네요)",
    # ar
    r"(?:عذرا|عذرًا|آسف|أعتذر|للأسف)?[،,. ]*(?:لكن|ولكن)? ?(?:لا يمكنني|لا أستطيع|لن أ)[^.،]{0,30}",
)
_REFUSES: Final = re2.compile(
    "(?i)" + "|".join(f"(?:{pattern})" for pattern in (_ENGLISH, *_OTHERS))
)
_ASKED_FOR: Final = re2.compile(
    r"(?i)\b(?:translat|übersetz|tradu[czi]|paraphras|rephras|rewrite|reword|repeat|role-?play"
    r"|story"
    r"|dialogue|poem|quote|declin|refus|reject|turn(?:s|ed|ing)? down|say no|how (?:do|would"
    r"|to) (?:you |i )?say)"
    r"|翻译|翻譯|訳|번역|перевед|перевод"
)
_SAYS_NO: Final = re2.compile(
    r"(?i)\b(?:no|not|never|cannot|unable|declin|refus|reject|turn(?:s|ed|ing)? down|sorry"
    r"|nein|nicht|kein|ablehn|absag|leider|rechaz|negar|jamás|nunca|non|pas|jamais|recus|não)"
    r"|n['’]t\b|不|拒|没|無法|しない|できません"
)
_PROMPT: Final = 2_000
_ENDS: Final = " \t\r\n.!。！\"'"


def refuses_outright(text: str) -> bool:
    """Whether a short answer is a refusal from its first word to its last."""
    if len(text) > _LONGEST:
        return False
    # re2 takes UTF-8 only, which has no lone surrogates.
    text = text.encode("utf-8", "replace").decode()
    bare = " ".join(text.split()).strip(_ENDS)
    return bool(bare) and _REFUSES.fullmatch(bare) is not None


def asks_for_refusal(prompt: str) -> bool:
    """Whether a prompt asks for the words of a refusal: to translate, or to send to somebody."""
    return _ASKED_FOR.search(prompt[:_PROMPT].encode("utf-8", "replace").decode()) is not None


def hands_a_refusal(prompt: str) -> bool:
    """Whether a prompt asks for the words of a refusal and says no itself, as one to translate."""
    part = prompt[:_PROMPT].encode("utf-8", "replace").decode()
    return asks_for_refusal(prompt) and _SAYS_NO.search(part) is not None
