"""Figures that say the same in other writings, units and languages, and those that don't."""

from __future__ import annotations

import pytest

from detectors.hallucination.clauses import plain
from detectors.hallucination.values import Value, found_among, read

SAME = {
    "numbers": """
        1,250,000 | 1.25 million
        1,25 Mio. | 1,250,000
        1.250.000 | 1.25 million
        1 250 000 | 1.25 million
        3.2 billion | 3,2 Milliarden
        450k | 450,000
        2,5 Millionen | 2.5 million
        12,5 | 12.5
        1'250'000 | 1.25 million
        125万 | 1.25 million
        3 mil millones | 3 billion
        2.5 mil | 2,500
        1,2 milliard | 1.2 billion
        three hundred thousand | 300,000
        a hundred | 100
        2.4 Tsd. | 2,400
        1.3bn | 1.3 billion
        7,4 millones | 7.4 million
    """,
    "words": """
        six | 6
        sechs | 6
        twenty-one | 21
        einundzwanzig | 21
        zwölf | 12
        doce | 12
        douze | 12
        vingt | 20
        veinte | 20
        vinte | 20
        dreißig | 30
        onze | 11
        forty-five | 45
        sesenta | 60
        hundert | 100
        十二 | 12
        quinze | 15
        thirteen | 13
        seis | 6
        sete | 7
        hundred and twenty | 120
    """,
    "length": """
        1.5 km | 1,500 metres
        3 feet | 0.914 m
        10 miles | 16.1 km
        250 cm | 2.5 m
        40 mm | 4 cm
        5 Kilometer | 5 km
        12 Zoll | 30.5 cm
        12 inches | 30.48 cm
        3 公里 | 3 km
        2 kilómetros | 2,000 m
        100 yards | 91.4 m
        6 ft | 1.83 m
        7 quilómetros | 7 km
        800 Meter | 0.8 km
        20 metros | 20 m
    """,
    "mass": """
        75 kg | 75,000 grams
        2 tonnes | 2,000 kg
        5 lbs | 2.27 kg
        500 Gramm | 0.5 kg
        3 Tonnen | 3,000 kg
        8 ounces | 227 g
        250 mg | 0.25 g
        2 kilos | 2 kg
        1.2 toneladas | 1,200 kg
        30 gramos | 30 g
        5 公斤 | 5 kg
        7 quilos | 7 kg
        16 oz | 1 lb
        4 kilogramos | 4 kg
    """,
    "volume": """
        1.5 l | 1,500 ml
        2 litres | 2 l
        3 Liter | 3 litres
        500 millilitres | 0.5 l
        4 litros | 4 l
        2 升 | 2 l
        330 ml | 33 cl
        10 hl | 1000 l
        100 cl | 1 l
        6 litri | 6 l
    """,
    "duration": """
        two days | 48 hours
        90 minutes | 1.5 hours
        anderthalb Stunden | 90 minutes
        zwei Wochen | 14 days
        una semana | 7 days
        trois heures | 180 minutes
        6 months | half a year
        a decade | 10 years
        45 Sekunden | 45 seconds
        dois dias | 48 hours
        3 天 | 72 hours
        72 hours | three days
        ein halbes Jahr | 6 months
        two and a half hours | 150 minutes
        120 secs | 2 minutes
        an hour and a half | 90 minutes
    """,
    "date": """
        5 March 2024 | 2024-03-05
        March 5, 2024 | 05.03.2024
        5. März 2024 | 2024-03-05
        5 de marzo de 2024 | 2024-03-05
        5 mars 2024 | March 5, 2024
        2024年3月5日 | 5 March 2024
        5 de março de 2024 | March 5, 2024
        the 5th of March 2024 | 2024-03-05
        3/15/2024 | 15 March 2024
        15/03/2024 | 15 March 2024
        5-Mar-2024 | 2024-03-05
        Mar. 5, 2024 | 5.3.2024
        1er mai 2020 | 1 May 2020
        2024/03/05 | 5 March 2024
        am 5.3. | 5 March
        the fifth of March | March 5
    """,
    "time": """
        9 am | 09:00
        half past nine | 9:30
        18 Uhr | 6 pm
        18h30 | 6:30 pm
        18.30 Uhr | 6:30 p.m.
        noon | 12:00
        midnight | 0:00
        a las seis de la tarde | 6 pm
        quarter to eight | 7:45
        halb neun | 8:30
        viertel nach drei | 3:15
        下午3点 | 15:00
        às 14h | 2 pm
        21:30 | 9.30 p.m.
    """,
    "percent": """
        half of them | 50 %
        20 percent | 20 %
        zwei Drittel | 67 %
        a quarter | 25 %
        12,5 % | 12.5 percent
        20 pour cent | 20%
        30 por ciento | 30 %
        30 por cento | 30 %
        three quarters | 75%
        百分之三十 | 30%
        die Hälfte | 50 %
        10 per cent | 10%
        la moitié | half
        40 percentage points | 40 %
    """,
    "money": """
        6.2 million euros | €6,200,000
        $5 | 5 dollars
        5 USD | $5
        12 Euro | €12
        12 euros | 12 €
        50 cents | $0.50
        £3.50 | 3 pounds 50
        1,2 Mio. Euro | €1.2 million
        CHF 20 | 20 Franken
        20 francs | CHF 20
        100元 | 100 yuan
        R$ 30 | 30 reais
        5 Dollar | $5
        US$ 7 | 7 dollars
        9,99 € | €9.99
        2k euros | 2,000 €
        EUR 15 | 15 euros
    """,
    "data": """
        2 GB | 2 gigabytes
        500 MB | 0.5 GB
        1.5 TB | 1,500 GB
        64 GiB | 64 GB
        3 Gigabyte | 3 GB
        10 megabytes | 10 MB
        700 kilobytes | 700 KB
        2 To | 2 TB
        100 Mbit/s | 100 Mbps
        1 Gbps | 1,000 Mbps
        8 GB | 8,000 MB
        20 KB | 20 kB
        4 terabytes | 4 TB
    """,
}
OTHER = {
    "numbers": """
        1.25 million | 12.5 million
        1,250,000 | 1,520,000
        3 billion | 3 million
        1,25 Mio. | 1,35 Mio.
        450 | 540
        2.5 | 25
        7,400 | 74,000
        1.250 | 12.50
        125万 | 12.5 million
        1,200 | 1,300
        99 | 89
        3,2 Milliarden | 3.2 million
        100,000 | 10,000
        300 | 3,000
        18 | 81
    """,
    "words": """
        six | 7
        sechs | 7
        twenty-one | 31
        einundzwanzig | 22
        zwölf | 20
        doce | 2
        douze | 10
        vingt | 12
        veinte | 30
        vinte | 21
        dreißig | 13
        quinze | 5
        forty-five | 54
        sesenta | 70
        hundred and twenty | 102
    """,
    "length": """
        1.5 km | 150 metres
        10 miles | 10 km
        3 m | 3 ft
        250 cm | 25 m
        5 km | 6 km
        40 mm | 40 cm
        5 Kilometer | 5 Meter
        12 inches | 12 cm
        3 公里 | 3 m
        2 kilómetros | 200 m
        100 yards | 100 m
        7 quilómetros | 70 km
        800 Meter | 8 km
        20 metros | 2 m
        6 ft | 6 m
    """,
    "mass": """
        75 kg | 75 g
        2 tonnes | 200 kg
        5 lbs | 5 kg
        500 Gramm | 5 kg
        3 Tonnen | 300 kg
        8 ounces | 8 g
        250 mg | 250 g
        2 kilos | 20 kg
        1.2 toneladas | 120 kg
        30 gramos | 30 kg
        5 公斤 | 50 kg
        7 quilos | 7 g
        16 oz | 16 kg
        4 kilogramos | 40 kg
        1 lb | 1 kg
    """,
    "volume": """
        1.5 l | 150 ml
        2 litres | 20 l
        3 Liter | 3 ml
        1 gallon | 10 l
        500 millilitres | 5 l
        4 litros | 40 l
        2 升 | 20 l
        330 ml | 330 cl
        10 hl | 10 l
        5 quarts | 5 l
        100 cl | 10 l
        6 litri | 60 l
        33 cl | 33 ml
        2 gallons | 2 l
        0.5 l | 50 ml
    """,
    "duration": """
        two days | 24 hours
        90 minutes | 90 hours
        zwei Wochen | 7 days
        una semana | 8 days
        trois heures | 30 minutes
        6 months | 6 weeks
        a decade | 20 years
        45 Sekunden | 45 minutes
        dois dias | 2 weeks
        3 天 | 3 hours
        72 hours | seven days
        anderthalb Stunden | 30 minutes
        two and a half hours | 2 hours
        120 secs | 12 minutes
        ein halbes Jahr | 5 months
    """,
    "date": """
        5 March 2024 | 6 March 2024
        5 March 2024 | 5 May 2024
        2024-03-05 | 2023-03-05
        15/03/2024 | 16 March 2024
        5. März | 5 April
        2024年3月5日 | 2024-03-06
        3/15/2024 | 14 March 2024
        5 de marzo de 2024 | 5 de mayo de 2024
        5 mars 2024 | 5 mai 2024
        05.03.2024 | 3 May 2024
        the 5th of March 2024 | 4 March 2024
        1er mai 2020 | 1 May 2021
        Mar. 5, 2024 | Mar. 15, 2024
        the fifth of March | March 15
        5 de março de 2024 | 5 de março de 2025
    """,
    "time": """
        9 am | 9 pm
        half past nine | 9:15
        18 Uhr | 8 pm
        18h30 | 6:00 pm
        18.30 Uhr | 18:50
        noon | 1 pm
        midnight | 12:00
        a las seis de la tarde | 6 am
        quarter to eight | 8:15
        halb neun | 9:30
        viertel nach drei | 2:45
        21:30 | 9.20 p.m.
        10 am | 11 am
        17:05 | 17:50
        7 pm | 7 am
    """,
    "percent": """
        half | 40 %
        20 % | 25 %
        zwei Drittel | 33 %
        a quarter | 40 %
        12,5 % | 125 %
        20 pour cent | 2 %
        30 por ciento | 13 %
        30 por cento | 3 %
        three quarters | 34 %
        百分之三十 | 13 %
        die Hälfte | 5 %
        10 per cent | 100 %
        la moitié | a third
        40 percentage points | 4 %
        two thirds | three quarters
    """,
    "money": """
        $5 | €5
        €12 | €21
        5 dollars | 5 pounds
        1,2 Mio. Euro | €12 million
        £3.50 | £5.30
        50 cents | $5
        CHF 20 | €20
        20 francs | 20 euros
        100元 | 10 yuan
        US$ 7 | 7 euros
        9,99 € | €99.90
        2k euros | 200 €
        EUR 15 | 50 euros
        6.2 million euros | €6,200
        ¥500 | $500
    """,
    "data": """
        2 GB | 2 MB
        500 MB | 5 GB
        1.5 TB | 150 GB
        3 Gigabyte | 30 GB
        10 megabytes | 10 KB
        700 kilobytes | 700 MB
        100 Mbps | 10 Mbps
        1 Gbps | 1 Mbps
        8 GB | 80 GB
        20 KB | 20 MB
        4 terabytes | 4 GB
        64 GiB | 32 GB
        0.5 GB | 50 MB
    """,
}


def rows(table: dict[str, str]) -> list[object]:
    return [
        pytest.param(*map(str.strip, line.split("|")), id=f"{kind}-{place}")
        for kind, lines in table.items()
        for place, line in enumerate(lines.strip().splitlines())
    ]


def values(text: str) -> tuple[Value, ...]:
    return read(plain(text)).values


def is_same(said: str, written: str) -> bool:
    known = values(written)
    assert values(said)
    assert known
    return all(found_among(value, known) for value in values(said))


@pytest.mark.parametrize(("said", "written"), rows(SAME))
def test_the_same_figure_in_another_writing(said: str, written: str) -> None:
    assert is_same(said, written)
    assert is_same(f"it has {said} of it", f"it has {written} of it") or "of" in said


@pytest.mark.parametrize(("said", "written"), rows(OTHER))
def test_another_figure_is_another(said: str, written: str) -> None:
    assert not is_same(said, written)
    assert not is_same(written, said)


def test_tables_have_enough_of_each_kind() -> None:
    for table in (SAME, OTHER):
        assert all(len(lines.strip().splitlines()) >= 10 for lines in table.values())


@pytest.mark.parametrize(
    "text",
    ["once upon a time", "elf", "six pack", "cent", "sei", "dos prompt", "hundred acre wood"],
)
def test_words_that_may_be_others_are_left_alone(text: str) -> None:
    from_words = [value.plain for value in values(text)]
    assert from_words in ([], [1.0], [6.0], [100.0], [2.0])
