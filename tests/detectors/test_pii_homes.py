"""Where somebody lives is private, where a business is or somebody once lived is not."""

from __future__ import annotations

import pytest

from tests.support.scoring import score

PAGE = 0.5


HOMES = {
    "en": "Wanda Orlan lives at 22 Harrow Lane, Exeter.",
    "en-his": "We sent it to Wanda Orlan, 22 Harrow Lane, Exeter EX4 6TR, her home.",
    "de": "Frau Wanda Orlan wohnt in der Ulmenstraße 17, 04177 Leipzig.",
    "de-two-names": "Wanda Orlan wohnt am Ulmenweg 17.",
    "de-label": "Privatanschrift: Ulmenstraße 17, 04177 Leipzig",
    "de-label-whose": "Wohnadresse von Wanda Orlan: Ulmenweg 17 a",
    "fr": "Mme Orlan habite au 31 bis rue du Moulin, 35000 Rennes.",
    "fr-label": "Domicile de M. Orlan : 9 allée des Pins, 35000 Rennes",
    "es": "El señor Orlan vive en la calle del Olmo 31, 2º A, 41003 Sevilla.",
    "es-label": "Domicilio particular: Avenida del Puerto 8, 46001 Valencia",
    "pt": "Dona Marlene mora na Rua do Olmo, 58, apto 12, Recife.",
    "pt-label": "Endereço residencial de Wanda Orlan: Travessa do Olmo, 58",
    "zh": "李女士住在杭州市西湖区文三路118号3栋502室。",
    "zh-label": "家庭住址：广州市天河区体育东路36号",
}
NO_HOMES = {
    "en-shop": "The shop is at 22 Harrow Lane, Exeter.",
    "de-seat": "Die Kanzlei Orlan hat ihren Sitz in der Ulmenstraße 17, 04177 Leipzig.",
    "de-branch": "Unsere Filiale: Ulmenstraße 17, 04177 Leipzig",
    "de-figurative": "Die Firma wohnt quasi in der Ulmenstraße 17.",
    "de-once": "Der Dichter wohnte in der Ulmenstraße 17.",
    "fr-museum": "Le musée se trouve au 31 rue du Moulin, 35000 Rennes.",
    "fr-once": "Le peintre habitait au 31 rue du Moulin.",
    "fr-seat": "Siège social : 31 rue du Moulin, 35000 Rennes",
    "es-shop": "La tienda está en la calle del Olmo 31, 41003 Sevilla.",
    "es-seat": "Domicilio social: calle del Olmo 31, 41003 Sevilla",
    "es-of-a-company": "Domicilio de la empresa: calle del Olmo 31",
    "pt-shop": "A loja fica na Rua do Olmo, 58, Recife.",
    "pt-lives-on": "A lenda mora na Rua do Olmo.",
    "zh-company": "我们公司位于杭州市西湖区文三路118号3栋502室。",
    "zh-hotel": "酒店地址：杭州市西湖区文三路118号",
    "zh-once": "鲁迅曾住在北京市西城区某胡同21号。",
    "lives-no-address": "Wanda Orlan wohnt in Leipzig und hat 17 Katzen.",
}


@pytest.mark.parametrize("text", HOMES.values(), ids=HOMES)
def test_the_address_at_which_somebody_lives_pages(pii_detector, text):
    assert score(pii_detector, text).scores["pii.street_address"] >= 0.8
    assert pii_detector.hits(text) == pii_detector.plain(text)


@pytest.mark.parametrize("text", NO_HOMES.values(), ids=NO_HOMES)
def test_the_address_of_a_business_or_of_once_pages_nobody(pii_detector, text):
    assert score(pii_detector, text).scores["pii.any"] < PAGE
