"""Random identifiers of things in ordinary sentences, code, JSON, logs and tables.

Nothing here points at a person or opens anything: what fires is a false page. Values are drawn
by a seed, each of a kind that detectors of cards, phones and keys have been seen to take for one.
"""

from __future__ import annotations

import base64
import random
import string
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

Draw = Callable[[random.Random], str]


class Drawn(NamedTuple):
    """One text, and the kind of value and the template that it was made of."""

    kind: str
    template: str
    text: str


def _digits(rng: random.Random, count: int) -> str:
    return str(rng.randint(1, 9)) + "".join(rng.choices(string.digits, k=count - 1))


def _uuid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _hex(count: int) -> Draw:
    return lambda rng: "".join(rng.choices("0123456789abcdef", k=count))


def _base64(count: int) -> Draw:
    return lambda rng: base64.b64encode(rng.randbytes(count)).decode()


def _ean(rng: random.Random) -> str:
    body = rng.choice(["400", "590", "871", "978", "300", "500", "690"]) + _digits(rng, 9)
    total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(body))
    return body + str(-total % 10)


def _isbn(rng: random.Random) -> str:
    body = _digits(rng, 9)
    check = -sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1))) % 11  # noqa: B905
    return f"{body[0]}-{body[1:4]}-{body[4:]}-{'X' if check == 10 else check}"


def _moment(rng: random.Random) -> datetime:
    return datetime(2019, 1, 1, tzinfo=UTC) + timedelta(
        microseconds=rng.randrange(10**6 * 3 * 10**8)
    )


def _coordinates(rng: random.Random) -> str:
    places = rng.randint(4, 14)
    return f"{rng.uniform(-90, 90):.{places}f}, {rng.uniform(-180, 180):.{places}f}"


def _version(rng: random.Random) -> str:
    return ".".join(str(rng.choice([rng.randint(0, 30), rng.randint(0, 255)])) for _ in range(4))


def _arn(rng: random.Random) -> str:
    service, rest = rng.choice(
        [
            ("iam:", "role/deploy-" + _hex(6)(rng)),
            ("kms:eu-west-1", "key/" + _uuid(rng)),
            ("secretsmanager:us-east-1", "secret:prod/orders-" + _base64(4)(rng)[:6]),
            ("lambda:eu-central-1", "function:resize"),
        ]
    )
    return f"arn:aws:{service}:{_digits(rng, 12)}:{rest}"


def _word(rng: random.Random) -> str:
    return rng.choice("acme orders widgets shop infra tools portal ledger atlas".split())  # noqa: SIM905


def _remote(rng: random.Random) -> str:
    host = rng.choice(["github.com", "gitlab.com", "bitbucket.org", "git.acme-corp.io"])
    path = f"{_word(rng)}/{_word(rng)}.git"
    return rng.choice(
        [f"git@{host}:{path}", f"ssh://git@{host}/{path}", f"ssh://git@{host}:2222/{path}"]
    )


def _public_key(rng: random.Random) -> str:
    body = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + rng.randbytes(32)).decode()
    return f"ssh-ed25519 {body} {rng.choice(['deploy@build', 'ci@runner-7', 'me@laptop'])}"


def _dashed_number(rng: random.Random) -> str:
    return rng.choice(
        [
            f"{rng.randint(2019, 2027)}-{_digits(rng, 6)}-{_digits(rng, 2)}",
            f"{_digits(rng, 3)}-{_digits(rng, 7)}-{_digits(rng, 7)}",
            f"{_digits(rng, 3)}-{_digits(rng, 3)}-{_digits(rng, 4)}",
            f"{_digits(rng, 4)}/{_digits(rng, 4)}",
            f"{_digits(rng, 6)}-{_digits(rng, 4)}",
        ]
    )


def _lettered(rng: random.Random) -> str:
    letters = "".join(rng.choices(string.ascii_uppercase, k=rng.randint(1, 3)))
    return rng.choice(
        [
            letters + _digits(rng, rng.randint(5, 8)),
            f"{letters}-{_digits(rng, rng.randint(4, 8))}",
            "".join(rng.choices(string.ascii_uppercase + string.digits, k=8)),
            letters + _digits(rng, 5) + rng.choice(string.ascii_uppercase),
        ]
    )


def _grouped(rng: random.Random) -> str:
    return " ".join(_digits(rng, 4) for _ in range(rng.choice([3, 4, 5])))


def _number(rng: random.Random) -> str:
    return _digits(rng, rng.randint(8, 16))


def _one_of(*draws: Draw) -> Draw:
    return lambda rng: rng.choice(draws)(rng)


_ORDER = _one_of(_number, _dashed_number, _lettered, _grouped)

# What a value is called: a name, or one for each language of the templates.
KINDS: dict[str, tuple[Draw, dict[str, str]]] = {
    "uuid": (_uuid, {"en": "request ID", "de": "Vorgangs-ID", "fr": "identifiant de requête"}),
    "session": (_uuid, {"en": "session", "de": "Sitzung", "fr": "session", "es": "sesión"}),
    "job": (_one_of(_uuid, _number, _hex(12)), {"en": "job", "de": "Job", "pl": "zadanie"}),
    "commit": (_hex(40), {"en": "commit", "de": "Commit", "zh": "提交"}),
    "digest": (_hex(64), {"en": "checksum", "de": "Prüfsumme", "fr": "empreinte"}),
    "trace": (_hex(32), {"en": "trace id", "de": "Trace-ID"}),
    "image": (lambda rng: "sha256:" + _hex(64)(rng), {"en": "image digest"}),
    "integrity": (lambda rng: "sha512-" + _base64(64)(rng), {"en": "integrity"}),
    "order": (
        _ORDER,
        {
            "en": "order number",
            "de": "Bestellnummer",
            "fr": "numéro de commande",
            "es": "número de pedido",
            "it": "numero d'ordine",
            "pt": "número do pedido",
            "nl": "bestelnummer",
            "pl": "numer zamówienia",
            "tr": "sipariş numarası",
            "zh": "订单号",
            "ja": "注文番号",
            "ar": "رقم الطلب",
        },
    ),
    "invoice": (
        _ORDER,
        {
            "en": "invoice number",
            "de": "Rechnungsnummer",
            "fr": "numéro de facture",
            "es": "número de factura",
            "it": "numero di fattura",
            "pt": "número da fatura",
            "nl": "factuurnummer",
            "pl": "numer faktury",
            "tr": "fatura numarası",
            "zh": "发票号码",
            "ja": "請求書番号",
            "ar": "رقم الفاتورة",
        },
    ),
    "booking": (
        _ORDER,
        {
            "en": "booking reference",
            "de": "Buchungsnummer",
            "fr": "numéro de réservation",
            "es": "número de reserva",
            "it": "numero di prenotazione",
            "pt": "número da reserva",
            "nl": "boekingsnummer",
            "pl": "numer rezerwacji",
            "tr": "rezervasyon numarası",
            "zh": "预订号",
            "ja": "予約番号",
            "ar": "رقم الحجز",
        },
    ),
    "ticket": (
        _ORDER,
        {
            "en": "ticket number",
            "de": "Ticketnummer",
            "fr": "numéro de dossier",
            "es": "número de caso",
            "it": "numero di pratica",
            "pt": "número do protocolo",
            "nl": "zaaknummer",
            "pl": "numer zgłoszenia",
            "tr": "talep numarası",
            "zh": "工单号",
            "ja": "お問い合わせ番号",
            "ar": "رقم التذكرة",
        },
    ),
    "tracking": (
        _one_of(_number, _grouped, lambda rng: "1Z" + _lettered(rng) + _digits(rng, 8)),
        {
            "en": "tracking number",
            "de": "Sendungsnummer",
            "fr": "numéro de suivi",
            "es": "número de seguimiento",
            "nl": "zendingsnummer",
            "pl": "numer przesyłki",
            "zh": "运单号",
            "ja": "追跡番号",
        },
    ),
    "part": (_one_of(_lettered, _number), {"en": "part number", "de": "Teilenummer"}),
    "serial": (_one_of(_lettered, _number), {"en": "serial number", "de": "Seriennummer"}),
    "product": (_number, {"en": "product id", "de": "Artikelnummer", "fr": "référence"}),
    "sku": (_one_of(_number, _lettered), {"en": "SKU"}),
    "transaction": (_one_of(_hex(16), _number), {"en": "transaction id", "de": "Transaktions-ID"}),
    "ean": (_ean, {"en": "EAN"}),
    "isbn": (_isbn, {"en": "ISBN"}),
    "iccid": (lambda rng: "89" + _digits(rng, 17), {"en": "ICCID"}),
    "imei": (lambda rng: _digits(rng, 15), {"en": "IMEI"}),
    "coordinates": (_coordinates, {"en": "position", "de": "Position", "fr": "position"}),
    "float": (
        lambda rng: repr(rng.uniform(0, 1) * 10 ** rng.randint(-8, 8)),
        {"en": "loss", "de": "Fehler", "fr": "perte"},
    ),
    "seconds": (lambda rng: str(int(_moment(rng).timestamp())), {"en": "timestamp"}),
    "millis": (lambda rng: str(int(_moment(rng).timestamp() * 10**3)), {"en": "created_at"}),
    "micros": (lambda rng: str(int(_moment(rng).timestamp() * 10**6)), {"en": "epoch micros"}),
    "nanos": (
        lambda rng: str(int(_moment(rng).timestamp()) * 10**9 + rng.randrange(10**9)),
        {"en": "start time"},
    ),
    "stamp": (
        lambda rng: _moment(rng).strftime(
            rng.choice(["%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%S"])
        ),
        {"en": "migration", "de": "Zeitstempel"},
    ),
    "version": (_version, {"en": "version", "de": "Version", "fr": "version", "es": "versión"}),
    "network": (
        lambda rng: f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.0/{rng.randint(16, 28)}",
        {"en": "subnet"},
    ),
    "arn": (_arn, {"en": "resource", "de": "Ressource"}),
    "account": (lambda rng: _digits(rng, 12), {"en": "AWS account"}),
    "remote": (_remote, {"en": "repository", "de": "Repository"}),
    "public_key": (_public_key, {"en": "public key"}),
    "wireguard": (_base64(32), {"en": "public key", "de": "öffentlicher Schlüssel"}),
    "site_key": (lambda rng: "6L" + _base64(28)(rng)[:38].replace("/", "_"), {"en": "site key"}),
    "publishable": (
        lambda rng: "pk_live_" + _hex(24)(rng) + _digits(rng, 4),
        {"en": "publishable key"},
    ),
    "tx": (lambda rng: "0x" + _hex(64)(rng), {"en": "transaction hash"}),
    "video": (
        lambda rng: base64.urlsafe_b64encode(rng.randbytes(8)).decode()[:11],
        {"en": "video id"},
    ),
    "count": (lambda rng: _digits(rng, rng.randint(8, 12)) + " bytes", {"en": "size"}),
    "amount": (lambda rng: f"{rng.uniform(10**3, 10**9):,.2f} EUR", {"en": "total", "de": "Summe"}),
}

# {name} is what the value is called, {v} the value, {w} another value of the same kind.
TEMPLATES: tuple[tuple[str, str], ...] = (
    ("en", "Your {name} is {v}."),
    ("en", "Your {name} is **{v}**; please keep it."),
    ("en", "The {name} is `{v}`; quote it when you write to us."),
    ("en", "Thank you, Anna! The {name} {v} was created on Tuesday."),
    ("en", "{Name}: {v}"),
    ("en", "{Name} {v} is closed, and {w} is still open."),
    ("en", "Done. The new {name}: {v}"),
    ("en", "I looked at {name} {v} for you, Mr. Brown, and found nothing wrong."),
    ("en", "Two entries match the {name}: {v} and {w}."),
    ("en", "We changed the {name} from {v} to {w}."),
    ("en", "- Status: done\n- {Name}: {v}\n- Next: nothing"),
    ("en", "1. Open the page.\n2. Enter the {name} ({v}).\n3. Press OK."),
    ("en", "Hello,\n\nthe {name} you asked for is\n\n{v}\n\nBest wishes\nSupport"),
    ("en", "{v} is the {name} that you asked for."),
    ("en", "| {name} | state |\n|---|---|\n| {v} | open |\n| {w} | done |"),
    ("en", "| # | state | {name} |\n|---|---|---|\n| 1 | open | {v} |\n| 2 | done | {w} |"),
    ("en", "{name},state\n{v},open\n{w},done"),
    ("en", '{{"{key}": "{v}", "status": "ok"}}'),
    ("en", '{{\n  "id": 17,\n  "{key}": "{v}",\n  "next": null\n}}'),
    ("en", '```json\n{{"items": [{{"{key}": "{v}"}}, {{"{key}": "{w}"}}]}}\n```'),
    ("en", "{key}={v}"),
    ("en", "{key}: {v}\nregion: eu-west-1\nretries: 3"),
    ("en", "```yaml\nspec:\n  {key}: {v}\n```"),
    ("en", '```python\n{key} = "{v}"\nprint({key})\n```'),
    ("en", "```python\nassert result.{key} == '{v}'\n```"),
    ("en", '```js\nconst {camel} = "{v}";\n```'),
    ("en", "```sql\nSELECT * FROM t WHERE {key} = '{v}';\n```"),
    ("en", "2026-03-14 12:11:09 INFO worker-3 {key}={v} took 41 ms"),
    ("en", "[INFO] done {key}={v} next={w}"),
    ("en", "ERROR 500 while handling {name} {v}: timed out"),
    ("en", "```\n$ tool show --{dashed} {v}\nok\n```"),
    ("en", "The log says “{name} {v} not found”."),
    ("en", "Is {v} the right {name}? Then call support back tomorrow."),
    ("en", "Please log in, open the account page and look for the {name} {v}."),
    ("en", "The session was opened for {name} {v} by the author."),
    ("en", "For security, we logged the {name} ({v})."),
    ("en", "<td>{name}</td><td>{v}</td>"),
    ("en", "The {name}s are:\n- {v}\n- {w}"),
    ("de", "Ihre {name} lautet {v}."),
    ("de", "Die {name} {v} wurde am Dienstag angelegt, Herr Braun."),
    ("de", "{name}: {v}"),
    ("de", "Bitte geben Sie die {name} ({v}) an, wenn Sie uns anrufen."),
    ("fr", "Votre {name} est {v}."),
    ("fr", "{name} : {v}"),
    ("fr", "Madame Lefort, voici votre {name} : {v}."),
    ("es", "Su {name} es {v}."),
    ("es", "{name}: {v}. Gracias, Carmen."),
    ("it", "Il {name} è {v}."),
    ("it", "{name}: {v}"),
    ("pt", "O {name} é {v}."),
    ("pt", "{name}: {v}"),
    ("nl", "Uw {name} is {v}."),
    ("nl", "{name}: {v}"),
    ("pl", "Pani {name} to {v}."),
    ("pl", "{name}: {v}"),
    ("tr", "{name}: {v}"),
    ("tr", "{name} {v} olarak kaydedildi."),
    ("zh", "您的{name}是{v}，请保存。"),
    ("zh", "{name}：{v}"),
    ("ja", "{name}は{v}です。"),
    ("ja", "{name}：{v}"),
    ("ar", "{name} هو {v}."),
    ("ar", "{name}: {v}"),
)


def drawn(count: int, seed: int = 11) -> Iterator[Drawn]:
    """`count` texts, the same for one seed, all kinds and templates by turns."""
    rng = random.Random(seed)
    kinds = sorted(KINDS)
    for place in range(count):
        kind = kinds[place % len(kinds)]
        draw, names = KINDS[kind]
        language, template = TEMPLATES[rng.randrange(len(TEMPLATES))]
        name = names.get(language, names["en"])
        words = "".join(c if c.isalnum() else " " for c in names["en"]).split()
        text = template.format(
            name=name,
            Name=name[:1].upper() + name[1:],
            key="_".join(words).lower(),
            camel=words[0].lower() + "".join(word.title() for word in words[1:]),
            dashed="-".join(words).lower(),
            v=draw(rng),
            w=draw(rng),
        )
        yield Drawn(kind, template, text)
