"""Where a text may give away a secret or an identity in words: after a word that introduces one.

"The passphrase is correct horse battery staple" holds common words only, so no list of words
can tell. Some words introduce a secret wherever they stand ("password", "PIN", "recovery
phrase"); others are common in any text ("name", "key", "code") and do so only before a verb or a
mark that links them to a value.
"""

from __future__ import annotations

import re
from typing import Final

from detectors._text.hints import Hint, readied

Span = tuple[int, int]

_FARTHEST: Final = 600
"""Characters that an introducing word hides at most, where its value stands in lines below."""

_STRONG = re.compile(
    r"pass[ -]?(?:word|phrase|code|wort|wörter|key|wd)|(?<![^\W_])(?:pwd|passwd|pin|otp|cvv|cvc)"
    r"s?(?![^\W\d_])|secret|credential|maiden name|(?:seed|recovery|backup|mnemonic|security|magic"
    r"|safe|code|access|entry|door|gate|alarm|one[ -]time|verification)[ -]"
    r"(?:phrase|word|code|question|answer|key)"
    r"|mnemonic|kennw[oö]rt|geheim|zugangs(?:daten|code)|sicherheits(?:frage|antwort)|mädchenname"
    r"|losung|mots? de passe|code secret|identifiants|phrase de récupération|question secrète"
    r"|contraseña|contrasena|clave|frase (?:de|semilla|secreta)|senha|palavra[ -]passe|parola"
    r"|frase di recupero|wachtwoord|toegangscode|wachtzin|hasł|пароль|парол|секрет|кодов|şifre"
    r"|lösenord|adgangskode|passord|salasana|tunnussana|heslo|jelszó|jelszav|mật khẩu|kata sandi"
    r"|κωδικ|συνθηματικ|密码|密碼|口令|暗号|助记词|パスワード|暗証番号|合言葉"
    r"|비밀번호|암호|كلمة المرور"
    r"|كلمة السر|الرقم السري|पासवर्ड|סיסמ",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"(?<![^\W_])(?:(?:sur|last|first|full|user|nick|code|family|middle|pet)?[ -]?names?|keys?"
    r"|codes?|tokens?|logins?|users?|answers?|address(?:es)?|street|phones?|numbers?|cards?|accounts?|ssn"
    r"|iban|passport|licen[cs]e|birthday|spelling|words?|phrases?|namen?|(?:vor|nach|benutzer)namen?"
    r"|schlüssel|adresse|straße|nummer|telefon|konto|karte|antwort|nombre|apellidos?|usuario|llave"
    r"|código|dirección|calle|número|teléfono|cuenta|tarjeta|respuesta|(?:pré)?noms?|utilisateur"
    r"|clé|rue|numéro|téléphone|compte|carte|réponse|(?:cog)?nome|sobrenome|utente|usuário|chiave"
    r"|chave|codice|indirizzo|endereço|via|rua|numero|conto|conta|carta|cartão|risposta|resposta"
    r"|naam|gebruiker|sleutel|adres|straat|rekening|kaart|imię|nazwisko|klucz|ulica|konto|имя"
    r"|фамилия|ключ|адрес|улица|номер|счёт|ad[ıi]|soyad[ıi]|anahtar|adres)(?![^\W\d_])"
    r"[^.!?\n]{0,50}?"
    r"(?:(?<![^\W_])(?:is|are|was|were|be|reads?|ist|sind|war|lautet|es|son|est|sont|è|sono|é|são"
    r"|to|jest)(?![^\W_])|[:=→]|->|[—–]|名|は)"
    r"|(?<![^\W_])(?:called|named|nicknamed|spel(?:t|led)|lives? (?:at|in|on)|born (?:on|in)"
    r"|heiß(?:t|e)|genannt|wohnt|geboren|se llama|me llamo|vive en|s['’]appelle|m['’]appelle"
    r"|habite|si chiama"
    r"|mi chiamo|abita|chama-se|me chamo|mora (?:em|na|no)|heet|woont|nazywa się|mieszka|зовут"
    r"|живёт|живет|звати|мене звуть|adım|ismim|heter|namn är|hedder|navn(?:et)?(?: mit| mitt)? er"
    r"|nimeni|jmenuj[iu] se|nevem|hívnak|mă numesc|numele meu|tên (?:tôi|là)|nama saya|με λένε"
    r"|ονομάζομαι|όνομά μου)(?![^\W_])|名字|姓名|名前|地址|住所|住在|이름|주소|اسم|العنوان|नाम|पता",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"(?<![^\W_])(?:ask(?:ed|ing)? for|call(?:ed|ing)?|contact(?:ed|ing)?|(?:speak|spoke|talk"
    r"|talked) (?:to|with)|named|signed(?: by)?|in touch with|reach(?:ed|ing)? out to"
    r"|ring|phone|e-?mail|message|write to|regards|wishes|sincerely|yours|cheers"
    r"|fragen sie nach|frag nach|rufen sie|kontaktieren sie|sprechen sie mit|gezeichnet|grüße"
    r"|namens|demandez|appelez|contactez|parlez à|nommée?|signé|pregunte por|llame a"
    r"|contacte (?:a|con)|hable con|firmado|llamad[oa]|chieda di|chiami|contatti|parli con"
    r"|firmato|di nome|pergunte por|ligue para|contacte|fale com|assinado|chamad[oa]"
    r"|vraag naar|bel|neem contact op met|spreek met|genaamd|getekend|zapytaj o|zadzwoń do"
    r"|skontaktuj się z|porozmawiaj z|podpisan[oy]|imieniem|спросите|позвоните|обратитесь к"
    r"|свяжитесь с|поговорите с|подписано|по имени|arayın|adlı|imzalayan)"
    r"(?:,\s+|[ \t]+)(?=[^\W\d_])",
    re.IGNORECASE,
)
_HINTS: Final = {pattern: Hint(pattern) for pattern in (_STRONG, _WEAK, _PERSON)}
# As in an environment that is dumped: the rest of the line is the value.
_ASSIGNED = re.compile(r"(?<!\S)[A-Z][A-Z0-9_]{2,}=")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]*_`]{0,3}(?=\s|$)|[。！？]|\n")
_GOES_ON = re.compile(
    r"\s*(?:it|they|that|this|these|es|sie|dies\w*|das|elle?|il|ce|cela|c['’]est|esta?|esto|questo"
    r"|isso|isto|het|dit|to|это|он|она|它|那|是|それ)(?![^\W_])",
    re.IGNORECASE,
)
_EMPTY = re.compile(r"[\W_]*$")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")


def introduced(text: str, start: int, end: int) -> list[Span]:
    """The spans of `text[start:end]` that follow an introducing word, in order of their starts.

    Each ends with its sentence; where a line ends with the word, or with a colon, with the
    paragraph below; and of a secret, a sentence that goes on with "It …" belongs to the one before.
    """
    data = readied(text[start:end])
    spans = [
        (found.end(), _reach(text, found.end(), end, sentences))
        for pattern, sentences in ((_STRONG, 3), (_WEAK, 1))
        if _HINTS[pattern].may_hold(data)
        for found in pattern.finditer(text, start, end)
    ]
    for found in _ASSIGNED.finditer(text, start, end):
        line = text.find("\n", found.end(), end)
        spans.append((found.end(), end if line < 0 else line))
    return sorted(spans)


def people(text: str, start: int, end: int) -> list[int]:
    """Where in `text[start:end]` a person may be named: after "ask for", "contact", "signed"."""
    if not _HINTS[_PERSON].may_hold(readied(text[start:end])):
        return []
    return [found.end() for found in _PERSON.finditer(text, start, end)]


def _reach(text: str, start: int, end: int, sentences: int) -> int:
    for _ in range(sentences):
        stop = _SENTENCE_END.search(text, start, end)
        if stop is None:
            return end
        line = text[start : stop.start()].rstrip()
        if stop[0] == "\n" and (_EMPTY.match(line) or line.endswith((":", "："))):
            ended = _PARAGRAPH_END.search(text, stop.end() + 1, min(end, start + _FARTHEST))
            return ended.start() if ended else min(end, start + _FARTHEST)
        start = stop.end()
        if not _GOES_ON.match(text, start, end):
            break
    return start
