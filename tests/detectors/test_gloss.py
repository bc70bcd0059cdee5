import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors._text.gloss import LONGEST, gloss, language_of, languages, table

GLOSSED = {
    "ar": ("أنا أكره النساء", "i i hate women"),
    "de": ("Ich hasse alle Frauen.", "i hate all women."),
    "es": ("Odio a las mujeres.", "i hate the women."),
    "fr": ("Je déteste les Noirs", "i hate the blacks"),
    "hi": ("mujhe auraton se nafrat hai", "me women from hate"),
    "it": ("Non sopporto i musulmani.", "i cannot stand the muslims."),
    "nl": ("Ik haat vrouwen", "i hate women"),
    "pl": ("Nienawidzę kobiet", "i hate women"),
    "pt": ("Eu odeio os judeus!", "i i hate the jews!"),
    "zh": ("我讨厌他们。", "i hate they。"),
}
ORDINARY = {
    "ar": "القاهرة مدينة كبيرة في مصر، ويعيش فيها الكثير من الناس.",
    "de": "Der Zug nach Hamburg fährt heute etwas später, aber wir haben noch viel Zeit.",
    "es": "La biblioteca está cerca de mi casa y tiene muchos libros sobre la historia del país.",
    "fr": "Le musée est ouvert tous les jours, et les enfants peuvent entrer avec leurs parents.",
    "hi": "यह किताब बहुत अच्छी है और मैं इसे हर दिन पढ़ता हूँ।",
    "it": "Il libro che ho letto ieri era molto bello, e oggi ne comincio un altro.",
    "nl": "De trein naar Utrecht gaat vandaag wat later, maar we hebben nog veel tijd.",
    "pl": "Książka, którą czytam, jest bardzo dobra, i mam jeszcze dużo czasu.",
    "pt": "O museu está aberto todos os dias e as crianças podem entrar com os pais.",
    "zh": "今天天气很好，我们一起去公园散步吧。",
}
NOT_GLOSSED = {
    "english": "People who say that are wrong, and you should tell them so.",
    "short-english": "Fuck all immigrants",
    "names": "Anna Schmidt, Jean Dupont",
    "swedish": "Det är en vacker dag i Stockholm och jag gillar det",
    "finnish": "Se on hyvä päivä ja minä olen iloinen",
    "japanese": "日本の天気は良いですね、散歩に行きましょう",
    "russian": "Сегодня хорошая погода",
    "numbers": "12 34 56",
    "nothing": "",
}


@pytest.mark.parametrize("language", GLOSSED)
def test_words_become_english_where_they_stand(language):
    text, english = GLOSSED[language]
    assert language_of(text) == language
    assert gloss(text) == english


def test_every_language_is_tried_here():
    assert set(languages()) == set(GLOSSED) == set(ORDINARY)


@pytest.mark.parametrize("language", ORDINARY)
def test_the_language_of_ordinary_sentences_is_known(language):
    assert language_of(ORDINARY[language]) == language


@pytest.mark.parametrize("text", NOT_GLOSSED.values(), ids=NOT_GLOSSED)
def test_other_languages_and_english_stay(text):
    assert language_of(text) == ""
    assert gloss(text) == text


@pytest.mark.parametrize(
    ("language", "text", "english"),
    [
        ("es", "ODIO", "i hate"),
        ("es", "0di0", "i hate"),
        ("fr", "DETESTER", "hate"),
        ("fr", "J’aime", "i love"),
        ("de", "Ausländerinnen", "foreigner"),
        ("it", "rispettavo", "respect"),
        ("ar", "والنساء", "and women"),
        ("zh", "新词语abc", "new word 语 abc"),
    ],
    ids=["capitals", "digits", "no-accents", "curly", "suffix", "ending", "article", "mixed"],
)
def test_spelling_and_inflection_hide_nothing(language, text, english):
    assert gloss(text, language) == english


def test_a_language_without_a_table_is_an_error():
    with pytest.raises(FileNotFoundError):
        gloss("text", "xx")


@pytest.mark.parametrize("language", GLOSSED)
def test_tables_are_sound(language):
    known = table(language)
    assert len(set(known.glosses.values())) > 500
    for form, english in known.glosses.items():
        assert form == form.lower().strip() != ""
        assert english == english.strip()
        assert english.isascii()


@given(st.text(max_size=400), st.sampled_from(["", *GLOSSED]))
@settings(max_examples=200, deadline=None)
def test_a_gloss_of_anything_is_bounded(text, language):
    assert len(gloss(text, language)) <= 40 * (len(text) + 1)
    assert language_of(text) in {"", *GLOSSED}


@given(
    st.lists(
        st.sampled_from(
            ["they", "would", "not", "have", "said", "that", "if", "the", "people", "were", "there"]
        )
    )
)
def test_english_stays_however_often_it_is_glossed(words):
    text = " ".join(words)
    assert gloss(text) == gloss(gloss(text)) == text


@pytest.mark.parametrize("language", ["es", "zh"])
def test_only_the_beginning_of_a_long_text_is_glossed(language):
    text, _ = GLOSSED[language]
    long = gloss(text * LONGEST, language)
    assert len(long) <= 40 * LONGEST
    assert long == gloss((text * LONGEST)[:LONGEST], language)
