"""Bots that say a few things again and again open nothing by the default rules on a shift."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import msgspec
import pytest

from streams.config.settings import Settings
from streams.offline.replay import score_lines, verdicts_of
from streams.records import VerdictBatch, VerdictRow
from streams.rules.load import default_rules
from streams.windows.windows import Windows

START = 1_790_000_000.0
ANSWERS = 150
PORTS = ("Kiel", "Oslo", "Riga", "Gdansk", "Turku", "Ystad", "Rostock", "Hull")

BOTS: dict[str, list[str]] = {
    "one answer": ["We open at nine."],
    "four answers": [
        "We open at nine.",
        "Please call us on weekdays.",
        "You can return it within 14 days.",
        "I am a bot and can't help with that.",
    ],
    "German": [
        "Wir öffnen um neun.",
        "Ich kann Ihnen dabei leider nicht helfen.",
        "Sie erhalten Ihr Geld in 14 Tagen zurück.",
        "Bitte nennen Sie mir Ihre Bestellnummer.",
    ],
    "French": [
        "Nous ouvrons à neuf heures.",
        "Je vous le promets, votre colis arrive demain.",
        "Merci de patienter.",
        "Avec plaisir, mon ami !",
    ],
    "Spanish": ["Abrimos a las nueve.", "¡Claro que sí!", "Su pedido llega mañana."],
    "Polish": ["Otwieramy o dziewiątej.", "Proszę podać numer zamówienia."],
    "Chinese": ["我们九点开门。", "请提供您的订单号。", "很抱歉,我无法帮助您。"],
    "one word": ["Yes.", "No.", "Maybe.", "OK"],
    "labels": ["positive", "negative", "love", "anger", "fear"],
    "JSON": [json.dumps({"intent": "escape", "id": 7919 * n}) for n in range(40)],
    "ferry": [
        f"You arrive in {port} at {hour}:40 the next morning. Let me know if you need more."
        for port, hour in itertools.product(PORTS, range(5, 11))
    ],
    "orders": [
        f"Your order {4001 + 37 * n} ships on Friday. We refund {n} euros if it is late."
        for n in range(5, 45)
    ],
    "offers": [
        f"Only {rooms} rooms left in {port}. Book now so you don't miss out!"
        for port, rooms in itertools.product(PORTS, range(2, 7))
    ],
}


def scored(answers: list[str], folder: Path) -> tuple[list[VerdictRow], list[str]]:
    lines = [
        msgspec.json.encode({"record_id": f"r{n}", "output": answer, "event_time": START})
        for n, answer in enumerate(answers)
    ]
    settings = Settings(state_dir=str(folder), hash_key="bots" * 9)
    batches = [one for chunk in score_lines(lines, settings) for one in verdicts_of(chunk)]
    signals = {name for one in batches for judged in one.judged for name in judged}
    return [row for one in batches for row in one.rows], sorted(signals)


@pytest.mark.parametrize("bot", BOTS)
def test_a_narrow_bot_opens_nothing(bot: str, tmp_path: Path) -> None:
    rows, signals = scored(BOTS[bot], tmp_path)
    rules = default_rules()
    windows = Windows(rules.only(one for one in rules.rules if one.condition.kind == "shift"))
    told = [
        msgspec.structs.replace(row, offset=n, judged=0, event_time=START + 20.0 * n)
        for n, row in enumerate(itertools.islice(itertools.cycle(rows), ANSWERS))
    ]
    windows.fold(
        VerdictBatch(
            deployment="bot",
            topic="llm.outputs",
            partition=0,
            first_offset=0,
            last_offset=ANSWERS - 1,
            rows=told,
            judged=[signals],
        )
    )
    opened = windows.evaluate(START + 20.0 * ANSWERS) + windows.flush()
    assert [one.title for one in opened] == []
