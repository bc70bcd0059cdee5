"""Answers in another language than their documents, and small talk in any."""

from __future__ import annotations

import pytest

from detectors.hallucination import HallucinationDetector
from tests.support.scoring import score

UNGROUNDED = "hallucination.ungrounded"
detector = HallucinationDetector()
detector.load()

EN = (
    "The Harbour Museum opened in 1998. It has 1,250,000 visitors a year. Admission is 12 euros; children under 6 enter free. The museum is closed on Mondays.",
    "The east wing has seven galleries and the west wing has five. The walk from the station is 1,500 metres. Renovation began on 2024-03-05 and cost 50 % more than planned.",
)
DE = (
    "Das Hafenmuseum wurde 1998 eröffnet. Es hat jährlich 1.250.000 Besucher. Der Eintritt kostet 12 Euro; Kinder unter 6 Jahren haben freien Eintritt. Montags ist das Museum geschlossen.",
    "Vom Bahnhof sind es 1.500 Meter zu Fuß. Die Renovierung begann am 05.03.2024.",
)
ES = (
    "El Museo del Puerto abrió en 1998. Recibe 1.250.000 visitantes al año. La entrada cuesta 12 euros; los menores de 6 años entran gratis. El museo cierra los lunes.",
)
FR = (
    "Le musée du Port a ouvert en 1998. Il accueille 1 250 000 visiteurs par an. L'entrée coûte 12 euros ; gratuit pour les enfants de moins de 6 ans. Le musée est fermé le lundi.",
)
PT = (
    "O Museu do Porto abriu em 1998. Recebe 1.250.000 visitantes por ano. A entrada custa 12 euros; crianças com menos de 6 anos não pagam. O museu fecha às segundas-feiras.",
)
ZH = ("海港博物馆于1998年开放。每年有125万名游客。门票12欧元，6岁以下儿童免费。博物馆周一闭馆。",)
RIGHT = [
    (EN, "Wann ist es geschlossen?", "Das Museum ist montags geschlossen."),
    (EN, "Wie viele Besucher?", "Rund 1,25 Millionen Menschen besuchen das Museum jedes Jahr."),
    (
        EN,
        "Was kostet es?",
        "Der Eintritt kostet zwölf Euro, Kinder unter sechs Jahren zahlen nichts.",
    ),
    (EN, "Wann begann die Renovierung?", "Die Renovierung begann am 5. März 2024."),
    (EN, "Wie weit ist es?", "Vom Bahnhof sind es 1,5 Kilometer zu Fuß."),
    (
        EN,
        "¿Cuánto cuesta?",
        "La entrada cuesta doce euros y los niños menores de seis años entran gratis.",
    ),
    (EN, "¿Cuándo abrió?", "El museo abrió sus puertas en 1998."),
    (EN, "¿Cuántos visitantes?", "Recibe 1,25 millones de visitantes al año."),
    (EN, "¿Cuándo cierra?", "El museo cierra los lunes."),
    (
        EN,
        "Combien ça coûte ?",
        "L'entrée coûte douze euros, et les enfants de moins de six ans ne paient rien.",
    ),
    (EN, "Quand est-il fermé ?", "Le musée est fermé le lundi."),
    (EN, "Combien de galeries ?", "L'aile est compte sept galeries et l'aile ouest cinq."),
    (EN, "Quanto custa?", "A entrada custa 12 euros e crianças com menos de seis anos não pagam."),
    (EN, "Quando abriu?", "O museu foi inaugurado em 1998."),
    (EN, "Quantos visitantes?", "O museu recebe 1,25 milhão de visitantes por ano."),
    (EN, "门票多少钱？", "门票12欧元，6岁以下儿童免费。"),
    (EN, "博物馆什么时候开放？", "海港博物馆于1998年开放。"),
    (EN, "每年有多少游客？", "每年约有125万名游客。"),
    (EN, "周几闭馆？", "博物馆周一闭馆。"),
    (DE, "When is it closed?", "The museum is closed on Mondays."),
    (DE, "How many visitors?", "About 1.25 million people visit each year."),
    (DE, "What does it cost?", "Admission is twelve euros; children under six get in free."),
    (DE, "When did renovation begin?", "The renovation started on 5 March 2024."),
    (DE, "How far?", "It is a 1.5 km walk from the station."),
    (ES, "What does it cost?", "Admission costs 12 euros and is free for children under six."),
    (ES, "When did it open?", "The museum opened in 1998."),
    (ES, "Visitors?", "It gets 1.25 million visitors a year."),
    (FR, "When is it closed?", "It is closed on Mondays."),
    (FR, "Visitors?", "The museum has 1.25 million visitors per year."),
    (FR, "What does it cost?", "Entry is 12 euros, and children under six go free."),
    (PT, "When did it open?", "The port museum opened in 1998."),
    (PT, "What does it cost?", "A ticket is twelve euros; kids under six don't pay."),
    (PT, "Visitors?", "It has 1.25 million visitors every year."),
    (ZH, "What does it cost?", "A ticket costs 12 euros; children under six are free."),
    (ZH, "When did it open?", "The museum opened in 1998."),
    (ZH, "Visitors?", "About 1.25 million visitors come each year."),
    (ZH, "When is it closed?", "It's closed on Mondays."),
    (DE, "Quand est-il fermé ?", "Le musée est fermé le lundi."),
    (ES, "Was kostet es?", "Der Eintritt kostet 12 Euro."),
]
WRONG = [
    (EN, "Wann ist es geschlossen?", "Das Museum ist mittwochs geschlossen."),
    (EN, "Wie viele Besucher?", "Rund 3,5 Millionen Menschen besuchen das Museum jedes Jahr."),
    (EN, "Was kostet es?", "Der Eintritt kostet zwanzig Euro."),
    (EN, "Wann?", "Die Renovierung begann am 7. Mai 2023."),
    (EN, "¿Cuánto cuesta?", "La entrada cuesta treinta euros."),
    (EN, "¿Cuándo abrió?", "El museo abrió sus puertas en 1975."),
    (EN, "Combien ?", "L'entrée coûte vingt-cinq euros."),
    (EN, "Quand ?", "Le musée est fermé le jeudi."),
    (EN, "Quanto custa?", "A entrada custa 45 euros."),
    (EN, "Quando abriu?", "O museu foi inaugurado em 1961."),
    (EN, "门票多少钱？", "门票35欧元。"),
    (EN, "什么时候开放？", "博物馆于1965年开放。"),
    (DE, "What does it cost?", "Admission is twenty euros."),
    (DE, "How many visitors?", "About 4 million people visit each year."),
    (ES, "When did it open?", "The museum opened in 1950."),
    (FR, "Visitors?", "The museum has 3 million visitors per year."),
    (PT, "What does it cost?", "A ticket is thirty euros."),
    (ZH, "Visitors?", "About 5.2 million visitors come each year."),
    (ZH, "When?", "The museum opened in 1988."),
    (EN, "每年有多少游客？", "每年约有300万名游客。"),
]
TALK = [
    "Hello! How can I help you today?",
    "Hallo! Wie kann ich Ihnen helfen?",
    "¡Hola! ¿En qué puedo ayudarte?",
    "Bonjour ! Comment puis-je vous aider ?",
    "Olá! Como posso ajudar?",
    "你好！请问有什么可以帮您？",
    "You're welcome! Have a great day.",
    "Gern geschehen! Schönen Tag noch.",
    "De nada, ¡que tengas un buen día!",
    "Je vous en prie, bonne journée !",
    "De nada! Tenha um bom dia.",
    "不客气，祝您愉快！",
    "I'm sorry, I don't have that information.",
    "Leider habe ich dazu keine Informationen.",
    "Lo siento, no tengo esa información.",
    "Désolé, je n'ai pas cette information.",
    "Desculpe, não tenho essa informação.",
    "抱歉，我没有相关信息。",
    "Sure, let me check that for you.",
    "Thanks for your patience!",
    "Is there anything else I can do for you?",
    "Kann ich sonst noch etwas für Sie tun?",
    "Of course! Which day are you planning to visit?",
    "I'm glad that helped.",
    "Das freut mich!",
    "Let me know if you have further questions.",
    "Melden Sie sich gern, wenn Sie noch Fragen haben.",
    "Estoy aquí para ayudarte.",
    "N'hésitez pas si vous avez d'autres questions.",
    "Fico à disposição para outras dúvidas.",
]


def ungrounded(answer: str, prompt: str, context: tuple[str, ...]) -> float:
    return score(detector, answer, prompt=prompt, context=context).scores[UNGROUNDED]


@pytest.mark.parametrize(("context", "prompt", "answer"), RIGHT, ids=range(len(RIGHT)))
def test_right_answers_stay_quiet_in_another_language(
    context: tuple[str, ...], prompt: str, answer: str
) -> None:
    assert ungrounded(answer, prompt, context) <= 0.5


@pytest.mark.parametrize(("context", "prompt", "answer"), WRONG, ids=range(len(WRONG)))
def test_wrong_figures_fire_in_another_language(
    context: tuple[str, ...], prompt: str, answer: str
) -> None:
    assert ungrounded(answer, prompt, context) > 0.5


@pytest.mark.parametrize("talk", TALK, ids=range(len(TALK)))
def test_small_talk_claims_nothing(talk: str) -> None:
    for context in (EN, DE):
        assert ungrounded(talk, "Hi", context) <= 0.5
