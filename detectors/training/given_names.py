"""Makes the list of given names by which ids are known to name a person, `names/given.txt`.

    pip download --no-deps -d PACKAGES Faker==40.63.0 zxcvbn==4.5.0
    python -m detectors.training.given_names PACKAGES

Names that are makers' or models' names too are taken out, so that `Claude Sonnet` stays a model.
Where the sources are from says `detectors/_text/names/README.md`.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from detectors._text.given_names import PATH

_FEWEST: Final = 2
_HAN = re.compile(r"[\u3400-\u9fff]")
# Makers, models, clouds and products, and words of every operator's names.
_PRODUCTS: Final = """
ada alexa alibaba amazon apollo aria atlas aya azure babbage bard bert bing bloom chat claude cleo
cody cohere copilot cortana curie davinci dolly echo einstein falcon gemini gemma gene granite
grok haiku hermes iris jamba jasper jarvis julia kimi leonardo lex llama luna lux mars max maya
meta mistral mixtral nano nemo neo nova olive opal opus orca orion perplexity phi phoenix pixie
qwen river sage scout siri solar sonnet star terra titan turing turbo vega vertex vicuna viola
watson zephyr alpha angel art beta bo can co data day de del delta dev di do dot early east easy
el en ever fast fine flow gamma general global go golden great green ha happy home hub in info
internet is king la lake lane le lo ma may me my new nice no north oh ok omega on page prince pro
prod queen red rich royal rule sales sea sha sky so son south sun tan test tip to tu un van von
war we west win yi yo young
"""

# Written for this: names that neither package has, or not in this spelling.
_MORE: Final = """
małgorzata bartosz radosława jarosław przemysław sławomir ayşe barış gülşen şükriye şeyma seyma
büşra çağla oğuz özgür ümit ömer gökhan tuğba yiğit çetin ilknur zübeyde siobhán sinéad seán niall
pádraig eoghan ciarán caoimhe gráinne róisín máire fionnuala oisín rhys gareth gwyneth angharad
nguyễn nguyen thị bích trần linh hương tuấn minh oluwaseun olumide funmi tunde babatunde folake
chidi obinna ifeoma uche thabo sipho nomsa thandi lerato kwabena akosua nana amadou fatou moussa
aminata ousmane wanjiku otieno achieng kamau venkatesh venkateshwaran rajesh sanjay deepak
harpreet gurpreet jaspreet manpreet sukhdeep ashok vijay suresh ramesh mahesh ganesh kavitha
sunita geeta savita shreya ananya aditya vikram arjun nikhil rohit kiran meera nandini swati imran
farhan bilal zainab ayesha usman saima nasrin shirin farida mahmoud khaled tariq layla samira
yasmin youssef mariam takashi hiroshi kenji haruka sakura yoko keiko akira satoshi daisuke naoko
tomoko minji jihoon seojun hyunwoo jiwoo minjun soojin eunji wei xiaoming mei jing ying hui yan
fang xin lei jun feng zhang keahi leilani kalani nadezhda arkady lyudmila evgeny evgenia anatoly
gennady vyacheslav tetiana oksana mykola bohdan taras olena andriy ingeborg sigrun þórður björk
gudrun halldór svein torbjørn ragnhild snezana željko đorđe šime zvonimir andrás györgy krisztina
eszter zoltán jiřina květa ondřej dimitrios georgios panagiotis vasiliki eleni mihaela ioana
bogdan răzvan gheorghe joão antônio conceição fátima inês guadalupe xóchitl citlali rigoberto
concepción rocío itziar iker eneko jordi montserrat núria will
"""


def names(folder: Path) -> set[str]:
    """Given names of all countries that the packages know, in small letters."""
    products = frozenset(_PRODUCTS.split())
    with tempfile.TemporaryDirectory() as unpacked:
        for wheel in folder.glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(unpacked)
        sys.path.insert(0, unpacked)
        lists = importlib.import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS
        found = {*_MORE.split(), *lists["male_names"], *lists["female_names"]}
        for place in sorted((Path(unpacked) / "faker" / "providers" / "person").glob("*_*")):
            if place.is_dir() and not place.name.startswith("__"):
                module = importlib.import_module(f"faker.providers.person.{place.name}")
                found.update(_given(module.Provider))
        return {
            part
            for name in found
            for part in re.split(r"[^\w'’]+", unicodedata.normalize("NFC", name.lower()))
            if len(part) >= _FEWEST and part not in products and not _HAN.search(part)
        }


def _given(provider: type) -> Iterator[str]:
    for attribute in dir(provider):
        value = getattr(provider, attribute)
        if attribute.startswith("first_name"):
            if hasattr(value, "keys"):
                value = list(value.keys())
            if isinstance(value, list | tuple | set | frozenset):
                yield from (str(one) for one in value)


def main() -> None:
    """Reads the packages and writes the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", type=Path)
    found = sorted(names(parser.parse_args().packages))
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text("\n".join(found) + "\n", encoding="utf-8")
    print(f"{len(found)} names in {PATH}")


if __name__ == "__main__":
    main()
