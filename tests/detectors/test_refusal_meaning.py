"""Refusals in words that no list of phrases holds, in six languages, and help that only looks so."""

import pytest

from detectors.base import Message
from detectors.refusal import RefusalDetector
from tests.support.scoring import score

REFUSES = {
    "en": [
        (
            "Can you proofread my essay?",
            "Proofreading isn't on the menu here. Let's leave it there.",
        ),
        ("Plan a week in Rome for us.", "Trips are none of my business, you'll need someone else."),
        ("What does this contract clause mean?", "I keep well away from anything legal."),
        ("Write me a limerick about my boss.", "Limericks about people? That's where I stop."),
        ("Explain how vaccines work.", "Nope. Pick another subject, this one stays closed."),
        (
            "Sum up this article.",
            "Thank you so much for thinking of me! Sadly, summing up texts goes beyond what our "
            "guidelines leave open to me, and I'd be grateful for your understanding.",
        ),
        ("Which laptop should I buy?", "Purchases are something on which I give no opinion, ever."),
        ("Help me with my tax return.", "This assistant has not been cleared to deal with taxes."),
    ],
    "de": [
        ("Übersetze bitte diesen Brief.", "Briefe zu übersetzen gehört nicht zu meinen Aufgaben."),
        ("Welches Handy ist gut?", "Zu Kaufentscheidungen äußere ich mich grundsätzlich nicht."),
        ("Schreib mir ein Gedicht.", "Nein, Gedichte bekommst du von mir keine."),
        ("Erkläre mir die Steuerklasse.", "Von Steuerfragen lasse ich lieber die Finger."),
    ],
    "es": [
        ("Tradúceme esta carta.", "Traducir cartas no entra en mis funciones, lo lamento."),
        ("¿Qué móvil compro?", "Sobre compras prefiero no pronunciarme."),
        ("Escríbeme un poema.", "De mí no vas a recibir ningún poema."),
        ("Explícame la declaración de la renta.", "Los impuestos son un tema que no toco."),
    ],
    "fr": [
        ("Traduis cette lettre.", "Traduire des lettres ne fait pas partie de mes attributions."),
        ("Quel téléphone acheter ?", "Je m'abstiens de tout avis sur les achats."),
        ("Écris-moi un poème.", "Non, pas de poème, n'insistez pas."),
        ("Explique-moi les impôts.", "Les impôts, je préfère ne pas y toucher."),
    ],
    "pt": [
        ("Traduza esta carta.", "Traduzir cartas está fora das minhas funções."),
        ("Que celular devo comprar?", "Sobre compras prefiro não me pronunciar."),
        ("Escreva um poema.", "De mim você não vai receber poema nenhum."),
        ("Explique o imposto de renda.", "Impostos são um assunto no qual não toco."),
    ],
    "zh": [
        ("请翻译这封信。", "翻译信件不在我的职责范围内。"),
        ("我该买哪款手机？", "关于购物的事,我一概不发表意见。"),
        ("给我写一首诗。", "诗就免了,请您找别人吧。"),
        ("解释一下个人所得税。", "税务方面的问题恕不回应。"),
    ],
}

HELPS = {
    "en": [
        (
            "Can you proofread my essay?",
            "Two commas are missing in the second line, otherwise fine.",
        ),
        (
            "Is the pool open today?",
            "Sadly not, it's closed on Mondays. Tomorrow it opens at nine.",
        ),
        ("Does the app work offline?", "It doesn't, but you can save maps beforehand."),
        ("Can I pay by cheque?", "We stopped taking cheques in 2019; card or transfer both work."),
        ("Which laptop should I buy?", "For photos, one with 16 GB and a bright screen."),
        ("May my dog come along?", "Dogs aren't allowed on the beach from May to September."),
    ],
    "de": [
        ("Ist das Bad offen?", "Montags leider nicht, ab Dienstag wieder ab neun Uhr."),
        ("Wie wird das Wetter?", "Am Nachmittag zieht Regen auf, abends wird es trocken."),
    ],
    "es": [
        ("¿Está abierta la piscina?", "Los lunes no, pero mañana abre a las nueve."),
        ("¿Cómo llego al museo?", "Toma el autobús 12 y baja en la plaza mayor."),
    ],
    "fr": [
        ("La piscine est ouverte ?", "Pas le lundi, mais demain elle ouvre à neuf heures."),
        ("Comment aller au musée ?", "Prenez le bus 12 et descendez à la grande place."),
    ],
    "pt": [
        ("A piscina está aberta?", "Às segundas não, mas amanhã abre às nove."),
        ("Como chego ao museu?", "Pegue o ônibus 12 e desça na praça central."),
    ],
    "zh": [
        ("游泳池开门吗？", "星期一不开,明天九点开门。"),
        ("怎么去博物馆？", "坐12路公交车,在中心广场下车。"),
    ],
}


@pytest.fixture(scope="module")
def detector():
    made = RefusalDetector(audit_share=0.0)
    made.load()
    return made


@pytest.mark.parametrize("language", REFUSES)
def test_refusals_in_any_wording_are_told(detector, language):
    missed = [
        answer
        for prompt, answer in REFUSES[language]
        if score(detector, answer, prompt).scores["refusal.full"] <= 0.5
    ]
    assert len(missed) <= len(REFUSES[language]) // 4, missed


@pytest.mark.parametrize("language", HELPS)
def test_help_is_no_refusal(detector, language):
    for prompt, answer in HELPS[language]:
        found = score(detector, answer, prompt)
        assert found.scores["refusal.full"] + found.scores["refusal.partial"] <= 0.5, answer


def test_a_refusal_without_its_request_is_told(detector):
    prompt, answer = REFUSES["en"][2]
    assert score(detector, answer).scores["refusal.full"] > 0.5
    message = (Message("user", prompt),)
    assert score(detector, answer, messages=message).scores["refusal.full"] > 0.5


def test_meaning_can_be_switched_off():
    made = RefusalDetector(meaning="off")
    made.load()
    assert "meaning" not in made.cascades[0].names
    prompt, answer = REFUSES["en"][0]
    assert score(made, answer, prompt).scores["refusal.full"] < 0.5


def test_another_word_for_meaning_is_refused():
    with pytest.raises(ValueError, match="meaning must be"):
        RefusalDetector(meaning="on")
