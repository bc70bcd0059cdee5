"""An excerpt never shows what was found, nor half of it, nor what only might be private."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import Finding
from detectors._text.common_words import LANGUAGES
from streams.scoring.masking import EXCERPT_CHARS, masked_excerpt

SIGNALS = ["pii.x", "secrets.y", "leak.z", "third_party.w"]
LOOKED_AT = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "excerpts.jsonl").read_text().splitlines()
]
_SECRET = st.text(st.characters(categories=["L"]), min_size=5, max_size=30)
_AROUND = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


def finding(signal: str, start: int, end: int, score: float = 0.9) -> Finding:
    return Finding(signal, "thing", start, end, "because", score)


def at(text: str, place: int = 0) -> str:
    """The excerpt around a place that a person must judge."""
    return masked_excerpt(text, [finding("form.x", place, place + 1)])


@given(_AROUND, _SECRET, _AROUND, st.booleans(), st.sampled_from(SIGNALS))
def test_found_values_never_show(
    before: str, secret: str, after: str, again: bool, signal: str
) -> None:
    repeated = f" {secret.swapcase()} " if again else ""
    before = before.replace(secret, "")
    after = after.replace(secret, "")
    text = before + secret + after + repeated
    excerpt = masked_excerpt(text, [finding(signal, len(before), len(before) + len(secret))])
    outside = " ".join((before + "[thing]" + after).split())
    if secret.casefold() not in outside.casefold() and secret not in "[thing][address]":
        assert secret.casefold() not in excerpt.casefold()
    assert "\n" not in excerpt


@given(st.text(max_size=700))
def test_nothing_but_common_words_and_marks_shows(text: str) -> None:
    excerpt = masked_excerpt(text, [])
    assert not any(character.isnumeric() for character in excerpt if not character.isalpha())
    assert len(excerpt) <= EXCERPT_CHARS + 2
    excerpt.encode()


@pytest.mark.parametrize("case", LOOKED_AT, ids=[str(n) for n in range(len(LOOKED_AT))])
def test_real_answers_read_as_they_were_looked_at(case: dict[str, str | int]) -> None:
    """Each was read by a person: it says what the answer is about, and nothing of anybody."""
    assert at(str(case["text"]), int(case["at"])) == case["excerpt"]


def test_real_excerpts_stay_readable() -> None:
    shares = []
    for case in LOOKED_AT:
        words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|▒", case["excerpt"])
        shares.append(sum(word != "▒" for word in words) / len(words))
    assert len(shares) == 60
    assert sum(shares) / len(shares) > 0.75
    assert sum(share > 0.6 for share in shares) >= 48


PLANTED = [
    "Kowalczyk", "Xanthe Voss", "rose.hunter", "kR7!wq2Lp", "Tr0ub4dor&3", "correct-horse-battery",
    "hunter:tiger9", "4556737586899855", "+49 170 1234567", "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "four one seven nine three", "Müllerstraße 17", "Петрова", "王小明", "田中太郎", "김철수",
    "pass\u200bword1", "h\u0443nter", "NBSWY3DPEB3W64TMMQ",
]  # fmt: skip


@pytest.mark.parametrize("value", PLANTED)
def test_what_nobody_found_never_shows_either(value: str) -> None:
    forms = {value, value.upper(), value.lower(), base64.b64encode(value.encode()).decode()}
    half = len(value) // 2
    for case in LOOKED_AT:
        text, place = str(case["text"]), int(case["at"])
        cut = text.find(" ", place) + 1
        for form in forms:
            excerpt = at(f"{text[:cut]}{form} {text[cut:]}", place).casefold()
            for part in (form, form[:half], form[-half:]):
                if len(part) > 3 and part.casefold().strip() not in text.casefold():
                    assert part.casefold().strip() not in excerpt


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        pytest.param("The passphrase is correct horse battery staple.", "horse", id="english"),
        pytest.param("Das Passwort lautet sonne regen wind und wald.", "regen", id="german"),
        pytest.param("Le mot de passe est soleil et pluie.", "soleil", id="french"),
        pytest.param("La contraseña es sol y lluvia.", "lluvia", id="spanish"),
        pytest.param("La password è sole e casa.", "sole", id="italian"),
        pytest.param("A senha é sol e casa.", "casa", id="portuguese"),
        pytest.param("Het wachtwoord is zon en huis.", "huis", id="dutch"),
        pytest.param("Hasło to dom i ogień.", "dom", id="polish"),
        pytest.param("Пароль это дом и сад.", "дом", id="russian"),
        pytest.param("Şifre ev ve su.", "su.", id="turkish"),
        pytest.param("密码是我们的时间。", "时间", id="chinese"),
        pytest.param("パスワードは設定です。", "設定", id="japanese"),
        pytest.param("PASSPHRASE: correct horse battery staple", "horse", id="capitals"),
        pytest.param("Recovery phrase:\n1. apple\n2. river\n3. stone", "river", id="list"),
        pytest.param("The password is below. It is correct and horse.", "horse", id="goes-on"),
        pytest.param(
            "The answer: it is dom. The PIN is garden. Garden of garden.", "arden", id="said-again"
        ),
        pytest.param("My name is rose hunter and all is well.", "hunter", id="name"),
        pytest.param("use correct horse battery staple to log in", "horse", id="run"),
        pytest.param("use **correct** **horse** **battery** **staple**", "horse", id="bold-run"),
        pytest.param("use `correct` `horse` `battery` `staple`", "horse", id="run-in-code"),
        pytest.param('use "correct" "horse" "battery" "staple"', "horse", id="quoted-run"),
        pytest.param('{"password": "tiger"}', "tiger", id="json"),
        pytest.param("| user | password |\n|---|---|\n| rose | tiger |", "tiger", id="table"),
        pytest.param("Please ask Rose Kowalczyk about it.", "Rose", id="beside-a-name"),
        pytest.param("It was a Grace who called.", "Grace", id="capital-within"),
        pytest.param("So it was Will Kowalczyk who called.", "Will", id="small-word-in-a-name"),
        pytest.param("Will Kowalczyk has called.", "Will", id="small-word-first"),
        pytest.param("We saw Grace Field, and then grace field went.", "grace", id="name-again"),
        pytest.param("It is at 1187 orchard hill road, so go there.", "hill", id="street"),
        pytest.param("We have Kowalczyk kittens Kowalczyk and more.", "kittens", id="alone-within"),
        pytest.param("Comme je l'ai dit, open the old gate est sur la liste.", "old", id="foreign"),
        pytest.param("我们和open the old gate谈过这个问题。", "old", id="foreign-in-chinese"),
        pytest.param("So it is VALUE=the cat is on warm bread\nand so on", "warm", id="assigned"),
    ],
)
def test_common_words_that_say_a_secret_or_a_name_are_hidden(text: str, hidden: str) -> None:
    assert hidden in text
    assert hidden not in at(text)


INTRODUCED = {
    "ar": ("كلمة المرور هي بيت", "اسمي بيت", "بيت"), "cs": ("Heslo je dům.", "Jmenuji se dům.", "dům"),
    "da": ("Adgangskoden er hus.", "Mit navn er hus.", "hus"),
    "de": ("Das Kennwort ist Garten.", "Mein Name ist Garten.", "Garten"),
    "el": ("Ο κωδικός είναι σπίτι.", "Το όνομά μου είναι σπίτι.", "σπίτι"),
    "en": ("The password is garden.", "My name is garden.", "garden"),
    "es": ("La contraseña es casa.", "Mi nombre es casa.", "casa"),
    "fi": ("Salasana on talo.", "Nimeni on talo.", "talo"),
    "fr": ("Le mot de passe est jardin.", "Mon nom est jardin.", "jardin"),
    "hi": ("पासवर्ड घर है", "मेरा नाम घर है", "घर"), "hu": ("A jelszó ház.", "A nevem ház.", "ház"),
    "id": ("Kata sandi adalah rumah.", "Nama saya rumah.", "rumah"),
    "it": ("La parola d'ordine è casa.", "Il mio nome è casa.", "casa"),
    "ja": ("パスワードは時間です。", "私の名前は時間です。", "時間"), "ko": ("비밀번호는 시간 입니다.", "제 이름은 시간 입니다.", "시간"),
    "nb": ("Passordet er hus.", "Navnet mitt er hus.", "hus"),
    "nl": ("Het wachtwoord is huis.", "Mijn naam is huis.", "huis"),
    "pl": ("Hasło to dom.", "Moje imię to dom.", "dom"), "pt": ("A senha é casa.", "O meu nome é casa.", "casa"),
    "ro": ("Parola este casă.", "Numele meu este casă.", "casă"), "ru": ("Пароль это дом.", "Меня зовут дом.", "дом"),
    "sv": ("Lösenordet är hus.", "Mitt namn är hus.", "hus"), "tr": ("Şifre: ev.", "Benim adım ev.", "ev."),
    "uk": ("Пароль це дім.", "Мене звати дім.", "дім"), "vi": ("Mật khẩu là nhà.", "Tên tôi là nhà.", "nhà"),
    "zh": ("密码是时间。", "我的名字是时间。", "时间"),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_passwords_and_names_are_introduced_in_every_language(language: str) -> None:
    password, name, hidden = INTRODUCED[language]
    for text in (password, name):
        assert hidden in text
        assert hidden not in at(text)


NUMBERS = {
    "ar": "ثلاثة سبعة سبعة أربعة", "cs": "tři sedm sedm čtyři", "da": "tre syv syv fire",
    "de": "drei sieben sieben vier", "el": "τρία επτά επτά τέσσερα", "en": "three seven seven four",
    "es": "tres siete siete cuatro", "fi": "kolme seitsemän seitsemän neljä",
    "fr": "trois sept sept quatre", "hi": "तीन सात सात चार", "hu": "három hét hét négy",
    "id": "tiga tujuh tujuh empat", "it": "tre sette sette quattro", "ja": "さん、なな、なな、よん",
    "ko": "삼 칠 칠 사", "nb": "tre sju sju fire", "nl": "drie zeven zeven vier",
    "pl": "trzy siedem siedem cztery", "pt": "três sete sete quatro", "ro": "trei șapte șapte patru",
    "ru": "три семь семь четыре", "sv": "tre sju sju fyra", "tr": "üç yedi yedi dört",
    "uk": "три сім сім чотири", "vi": "ba bảy bảy bốn", "zh": "三七七四",
}  # fmt: skip


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_in_words_are_hidden(language: str) -> None:
    digits = NUMBERS[language]
    words = digits.replace("、", " ").split()
    assert not _words(at(digits)) & set(words)
    if language not in ("ja", "zh"):
        for text in (", ".join(words), " - ".join(words), f"{words[0]} and {' '.join(words[1:])}"):
            assert not _words(at(text)) & set(words)
    for before in (
        "Ja, das ist die von mir: ",
        "It is with you and me: ",
        "C'est pour vous et moi : ",
    ):
        assert not _words(at(before + digits)) & set(words)


@pytest.mark.parametrize(
    "text",
    [
        "It is one of them, and you have the other one.",
        "You have to go to them to see it.",
    ],
)
def test_a_number_or_two_in_words_stand(text: str) -> None:
    assert at(text) == text


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        pytest.param(
            "it is river stone garden zxqvy and so on", ["river", "stone"], id="last-unknown"
        ),
        pytest.param(
            "it is zxqvy river stone garden and so on", ["river", "stone"], id="first-unknown"
        ),
        pytest.param("it is river zxqvy garden stone and so on", ["river", "garden"], id="middle"),
        pytest.param(
            "so it is anger window river zxqvy garden stone copper qwvzk ladder forest metal table",
            ["anger", "river", "ladder", "table", "metal"],
            id="twelve",
        ),
        pytest.param(
            "so it is river, stone, garden, window, copper, table, ladder, forest, metal, wood",
            ["river", "stone", "table", "wood"],
            id="commas",
        ),
        pytest.param(
            "So it is:\n"
            + "".join(
                f"{n}. {word}\n"
                for n, word in enumerate(
                    ["river", "stone", "garden", "window", "table", "ladder", "forest", "wood"], 1
                )
            ),
            ["river", "stone", "table", "wood"],
            id="numbers",
        ),
    ],
)
def test_a_run_is_counted_before_parts_of_it_are_hidden(text: str, hidden: list[str]) -> None:
    assert not _words(at(text)) & set(hidden)


def test_a_run_that_the_excerpt_cuts_is_counted_whole() -> None:
    run = "river stone garden window copper table"
    for size in range(20, 60):
        text = "it is so " * size + run + " and it is so" * 60
        place = text.index("copper") + EXCERPT_CHARS // 3
        assert not _words(at(text, place)) & set(run.split())


@pytest.mark.parametrize(
    "text",
    [
        "You can ask for rose hunter at the desk.", "Please call rose hunter if you want.",
        "Please contact rose hunter about it.", "You should speak to rose hunter about it.",
        "It was signed rose hunter.", "They are named rose hunter.",
        "You should get in touch with rose hunter.", "Reach out to rose hunter.", "Yours, rose hunter",
        "So many regards,\nrose hunter", "Fragen Sie nach rose hunter.", "Contactez rose hunter.", "Llame a rose hunter.",
        "Chieda di rose hunter.", "Ligue para rose hunter.", "Vraag naar rose hunter.",
        "Zadzwoń do rose hunter.",
    ],
)  # fmt: skip
def test_a_name_in_small_letters_is_hidden_after_what_names_people(text: str) -> None:
    assert not _words(at(text)) & {"rose", "hunter"}


@pytest.mark.parametrize("text", ["Please call me.", "You should contact your bank about it."])
def test_a_small_word_there_is_nobodys_name(text: str) -> None:
    assert at(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "I can't help with that, but I'd suggest you talk to a doctor.",
        "Please check your settings, and don't forget to save them!",
        "**Note:** this is a well-known problem.",
        "Ich kann Ihnen dabei leider nicht helfen.",
        "Je ne peux pas vous aider, mais c'est possible.",
        "我们可以帮助您。",
    ],
)
def test_ordinary_sentences_stand(text: str) -> None:
    assert at(text) == text


def test_small_words_of_what_was_found_are_hidden_beside_it() -> None:
    text = "It is Will Marsh, and again WILL MARSH and then will marsh as before."
    excerpt = masked_excerpt(text, [finding("pii.x", 6, 16)])
    assert excerpt == "It is [thing] and again ▒ and then ▒ as before."


def test_each_sentence_has_its_own_language() -> None:
    text = "I do not want you to do it. Wir haben mit Ihnen über die Bestellung gesprochen."
    assert at(text) == text


def test_a_word_of_another_language_is_no_common_word() -> None:
    """A name in one language is often a word in another."""
    assert at("She is the only one whom we know, and fuego is her name.") == (
        "She is the only one whom we know, and ▒ is her name."
    )


def test_tool_calls_are_not_shown() -> None:
    text = 'Let me see.\nsearch({"q": "cats and dogs"})'
    excerpt = masked_excerpt(text, [finding("form.x", 0, 1)], len("Let me see."))
    assert excerpt == "Let me see. [tool call]"


def test_a_span_that_starts_late_or_ends_early_hides_the_whole_word() -> None:
    assert masked_excerpt("it is in there now", [finding("pii.x", 9, 10)]) == "it is in [thing] now"


def test_a_found_value_in_another_case_is_hidden_too() -> None:
    text = "the river is near, and River or RIVER is near"
    excerpt = masked_excerpt(text, [finding("pii.x", 4, 9)])
    assert "river" not in excerpt.casefold()


def test_the_excerpt_is_taken_where_the_strongest_finding_is() -> None:
    text = "all is calm here " * 100 + "you are dreadful" + " all is calm here" * 100
    place = text.index("you are")
    excerpt = masked_excerpt(text, [finding("toxicity.insult", place, place + 16)])
    assert "you are dreadful" in excerpt
    assert excerpt.startswith("…")
    assert excerpt.endswith("…")


def test_a_value_that_the_excerpt_would_cut_is_masked_whole() -> None:
    text = "word of " * 20 + "river and stone and wind and water and tree and fire" + " word" * 10
    start = text.index("river")
    insult = start + 60
    excerpt = masked_excerpt(
        text,
        [finding("pii.street", start, start + 53, 0.5), finding("toxicity.x", insult, insult + 4)],
    )
    assert "water" not in excerpt
    assert "fire" not in excerpt


def test_lone_surrogates_do_not_escape() -> None:
    masked_excerpt("a\ud800b", []).encode()


IBAN = "NL91 ABNA 0417 1643 00"


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("payout account of sander de wit: #", "▒ account of ▒: [iban_code]"),
        ("We sent the parcel of sander de wit to the shop. #", "We sent the parcel of ▒ to the shop."),
        ("the account of maria van den berg is #", "the account of ▒ is [iban_code]"),
        ("Das Paket von klaus von der heide: #", "Das Paket von ▒: [iban_code]"),
        ("La cuenta de lucia de la cruz: #", "La cuenta de ▒: [iban_code]"),
        ("Le colis de pierre du pont est là : #", "Le ▒ de ▒ est là : [iban_code]"),
        ("A conta de joana dos santos é esta: #", "A conta de ▒ é ▒: [iban_code]"),
        ("the account of omar bin rashid is #", "the account of ▒ is [iban_code]"),
        ("the account of omar al nasser is #", "the account of ▒ is [iban_code]"),
        ("the account of anna of the house is #", "the account of ▒ of the house is [iban_code]"),
        ("El pedido de Zyxwv de ayer llegó: #", "El pedido de ▒ de ayer llegó: [iban_code]"),
        ("Der Brief von Zyxwv von gestern ist da: #", "Der Brief von ▒ von gestern ist da: [iban_code]"),
        ("La casa de Kowalczyk de la calle es esta: #", "La casa de ▒ de la calle es ▒: [iban_code]"),
    ],
)  # fmt: skip
def test_a_names_particles_and_the_word_after_them_are_hidden(text: str, excerpt: str) -> None:
    written = text.replace("#", IBAN)
    place = written.index(IBAN)
    found = [finding("form.x", 0, 1, 1.0), finding("pii.x", place, place + len(IBAN))]
    assert masked_excerpt(written, found).startswith(excerpt.replace("iban_code", "thing"))
