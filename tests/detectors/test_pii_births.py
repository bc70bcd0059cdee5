"""Dates of birth in the languages that the product reads, and biographies, which are nobody's."""

from __future__ import annotations

import pytest

from tests.support.scoring import score

PAGE = 0.5


BIRTHS = {
    "en": "Date of birth: 3 June 1982",
    "en-title": "Mr Orlan was born on 3 June 1982.",
    "en-title-american": "Ms. Orlan was born on June 3, 1982.",
    "en-patient": "Patient: Wanda Orlan, born on 3 June 1982",
    "de": "Geburtsdatum: 03.06.1982",
    "de-words": "Ihr Geburtsdatum ist der 3. Juni 1982.",
    "de-whose": "Geburtsdatum des Versicherten: 3. Juni 1982",
    "de-title": "Frau Orlan, geboren am 03.06.1982, rief gestern an.",
    "de-short": "Herr Orlan (geb. 3. März 1982)",
    "de-bold": "**Geburtsdatum:** 3. Juni 1982",
    "de-row": "| Geburtsdatum | 03.06.1982 |",
    "de-field": '{"geburtsdatum": "1982-06-03"}',
    "fr": "Date de naissance : 03/06/1982",
    "fr-title": "Mme Orlan, née le 3 juin 1982, est abonnée.",
    "es": "Fecha de nacimiento: 03/06/1982",
    "es-whose": "Fecha de nacimiento del titular: 3 de junio de 1982",
    "es-title": "El señor Orlan, nacido el 3 de junio de 1982",
    "pt": "Data de nascimento: 3 de junho de 1982",
    "pt-client": "A cliente Wanda Orlan, nascida em 3 de junho de 1982",
    "it": "Data di nascita: 03/06/1982",
    "zh": "出生日期1982年6月3日",
    "zh-colon": "出生日期：1982-06-03",
    "zh-touching": "出生日期1982-06-03",
    "ja": "生年月日：1982年6月3日",
    "ko": "생년월일: 1982년 6월 3일",
}
NONE = {
    "en": "Vera Lund was born on 3 June 1982 in Oslo and has written four novels.",
    "en-alone": "She was born on 3 June 1982.",
    "en-title-of-old": "Mr. Rogers was born on March 20, 1928, in Latrobe.",
    "en-office": "Mrs Lund was born on 13 October 1945 and was prime minister.",
    "de": "Jana Lund wurde am 3. Mai 1971 in Kiel geboren.",
    "de-founded": "Der Verein wurde am 3. Mai 1971 gegründet.",
    "de-form": "Bitte geben Sie Ihr Geburtsdatum im Format TT.MM.JJJJ an.",
    "de-form-filled": "Geburtsdatum: 01.01.1990",
    "de-example": "Geben Sie das Geburtsdatum ein, zum Beispiel 03.06.1982.",
    "de-issued": "Das Ausstellungsdatum ist der 03.06.2022.",
    "de-politician": "Geburtsdatum: 17. Juli 1954, Beruf: Politikerin",
    "fr": "Le footballeur est né le 23 juin 1972 à Marseille.",
    "es": "La pintora nació el 6 de julio de 1967.",
    "es-box": "Fecha de nacimiento: 24 de junio de 1987, futbolista",
    "pt-box": "Data de nascimento: 24 de junho de 1987. Ele é um cantor.",
    "zh": "他出生于1955年2月17日。",
    "zh-box": "出生日期：1979年1月18日\n职业：歌手",
    "long-ago": "Geburtsdatum: 28. August 1849",
}


@pytest.mark.parametrize("text", BIRTHS.values(), ids=BIRTHS)
def test_a_date_that_is_called_a_date_of_birth_is_one_and_a_patients_or_titled_persons(
    pii_detector, text
):
    assert score(pii_detector, text).scores["pii.date_of_birth"] >= PAGE
    assert pii_detector.hits(text) == pii_detector.plain(text)


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_biographies_and_forms_give_nobodys_date_of_birth(pii_detector, text):
    assert score(pii_detector, text).scores["pii.any"] < PAGE
