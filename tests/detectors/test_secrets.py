import base64
import hashlib
import random
import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Batch, Record, Scores
from detectors.secrets import KINDS, SecretsDetector
from detectors.secrets import detector as module
from detectors.secrets.detector import MAX_FINDINGS, MOST_KEPT, MOST_SCORED
from detectors.secrets.formats import read_formats
from detectors.secrets.placeholders import monotonous
from tests.support.scoring import fired, score

DETECTOR = SecretsDetector()
DETECTOR.load()


def scores_of(text):
    return score(DETECTOR, text)


def kinds_of(text):
    return fired(scores_of(text))


def spell(length, alphabet=string.ascii_letters + string.digits, seed=11):
    """A random-looking string made at run time, so that no key-shaped text is in this file."""
    return "".join(random.Random(seed).choices(alphabet, k=length))


HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + "234567"
MIXED = spell(36)
HUMAN = "Harbour" + "1987!"


def web_token(header='{"alg":"HS256","typ":"JWT"}', payload='{"sub":"u-77","adm":true}'):
    parts = [base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in (header, payload)]
    return ".".join([*parts, spell(43)])


def pem(label="RSA PRIVATE KEY", lines=6, joint="\n"):
    body = [spell(64, string.ascii_letters + string.digits + "+/", seed) for seed in range(lines)]
    return joint.join(["-----BEGIN " + label + "-----", *body, "-----END " + label + "-----"])


# (id, kind, text with the secret between ⟦ and ⟧)
SHOULD_FIRE = [
    ("aws-env", "aws_key", "AWS_ACCESS_KEY_ID=⟦" + "AKIA" + spell(16, UPPER) + "⟧"),
    ("aws-prose", "aws_key", "Use the key ⟦" + "ASIA" + spell(16, UPPER) + "⟧ for this."),
    ("google-key", "gcp_key", 'var k = "⟦' + "AIza" + spell(35) + '⟧";'),
    ("google-oauth", "gcp_key", "client_secret: ⟦" + "GOCSPX-" + spell(28) + "⟧"),
    ("azure-storage", "azure_key", "x;⟦AccountKey=" + spell(86) + "==⟧;EndpointSuffix=y"),
    ("github-pat", "github_token", "git clone https://⟦" + "ghp_" + MIXED + "⟧@github.com/a/b"),
    ("github-escaped", "github_token", '{"text": "token\\n⟦' + "gho_" + MIXED + '⟧"}'),
    ("github-fine", "github_token", "⟦" + "github_pat_" + spell(22) + "_" + spell(59) + "⟧"),
    ("gitlab", "gitlab_token", "CI_TOKEN = '⟦" + "glpat-" + spell(20) + "⟧'"),
    ("slack-bot", "slack_token", "⟦" + "xoxb-" + "274916390551-" + spell(24) + "⟧"),
    ("stripe-live", "stripe_key", "stripe.api_key = '⟦" + "sk_live_" + spell(24) + "⟧'"),
    ("openai-project", "openai_key", "OPENAI_API_KEY=⟦" + "sk-proj-" + spell(48) + "⟧"),
    ("openai-old", "openai_key", "my key: ⟦" + "sk-" + spell(48) + "⟧, keep it"),
    ("anthropic", "anthropic_key", "⟦" + "sk-ant-" + "api03-" + spell(93) + "AA⟧"),
    ("hugging-face", "huggingface_token", "login(token='⟦" + "hf_" + spell(34) + "⟧')"),
    ("npm", "vendor_token", "//registry/:_authToken=⟦" + "npm_" + MIXED + "⟧"),
    ("sendgrid", "vendor_token", "⟦" + "SG." + spell(22) + "." + spell(43, seed=3) + "⟧"),
    ("telegram", "vendor_token", "bot ⟦" + "716345298" + ":AA" + spell(33) + "⟧ is live"),
    ("unknown-prefix", "vendor_token", "use ⟦" + "acme_" + spell(32) + "⟧ as key"),
    ("slack-hook", "webhook_url", "https://⟦hooks.slack.com/services/T" + spell(44) + "⟧"),
    ("jwt", "jwt", "Authorization: Bearer ⟦" + web_token() + "⟧"),
    ("jwt-bare", "jwt", "Your session token is `⟦" + web_token() + "⟧`."),
    ("pem", "private_key", "Here you go:\n⟦" + pem() + "⟧\n"),
    ("pem-openssh", "private_key", "⟦" + pem("OPENSSH PRIVATE KEY") + "⟧"),
    ("pem-escaped", "private_key", '{"private_key": "⟦' + pem("PRIVATE KEY", joint="\\n") + '⟧"}'),
    ("pem-cut", "private_key", "⟦" + pem()[:-60] + "⟧"),
    ("bcrypt", "password_hash", "⟦$2b$12$" + spell(53) + "⟧"),
    ("url-postgres", "connection_string", "postgres://svc:⟦" + HUMAN + "⟧@db.corp:5432/app"),
    ("url-mongo", "connection_string", "mongodb+srv://api:⟦" + spell(14) + "⟧@c0.x7.mongodb.net"),
    ("curl-user", "password", "curl -u admin:⟦" + spell(14) + "⟧ https://api.corp/v1"),
    ("env", "password", "DB_PASSWORD=⟦" + spell(12) + "⟧"),
    ("json", "password", '{"user": "ann", "password": "⟦' + spell(10) + '⟧"}'),
    ("json-escaped", "password", '"{\\"password\\": \\"⟦' + spell(10) + '⟧\\"}"'),
    ("yaml", "password", "  smtp_password: ⟦" + spell(11) + "⟧\n"),
    ("go", "password", 'const dbPassword string = "⟦' + spell(12) + '⟧"'),
    ("kotlin", "password", 'val password: String = "⟦' + spell(12) + '⟧"'),
    ("ruby", "password", ":password => '⟦" + spell(12) + "⟧'"),
    ("xml", "password", "<dbPassword>⟦" + spell(12) + "⟧</dbPassword>"),
    ("xml-attribute", "password", '<add key="Password" value="⟦' + spell(12) + '⟧" />'),
    ("powershell", "password", "$Pass = ConvertTo-SecureString '⟦" + spell(12) + "⟧' -AsPlainText"),
    ("cli", "password", "mysqldump --password ⟦" + spell(12) + "⟧ shop"),
    ("sql", "password", "CREATE USER app IDENTIFIED BY '⟦" + spell(12) + "⟧';"),
    ("odbc", "password", "Server=db;Uid=app;Pwd=⟦" + spell(12) + "⟧;Database=x;"),
    ("prose", "password", "The admin password is ⟦" + HUMAN.rstrip("!") + "⟧."),
    ("prose-quoted", "password", "Sure! The Wi-Fi password is `⟦" + HUMAN + "⟧`"),
    ("german", "password", "Das Passwort ist ⟦" + spell(12) + "⟧"),
    ("api-key", "api_key", 'api_key = "⟦' + spell(32) + '⟧"'),
    ("hex-key", "api_key", "ALGOLIA_API_KEY: ⟦" + spell(32, HEX) + "⟧"),
    ("secret-key", "api_key", 'aws_secret_access_key = "⟦' + spell(40) + '⟧"'),
    ("query", "api_key", "GET /v1/items?access_token=⟦" + spell(40, HEX) + "⟧&page=2"),
    ("getenv-default", "api_key", 'os.getenv("JWT_SECRET", "⟦' + spell(24) + '⟧")'),
    ("header", "bearer_token", 'curl -H "Authorization: Bearer ⟦' + spell(40) + '⟧"'),
    ("lone", "api_key", "⟦" + MIXED + "⟧"),
]
FIRE = [pytest.param(kind, text, id=name) for name, kind, text in SHOULD_FIRE]


@pytest.mark.parametrize(("kind", "marked"), FIRE)
def test_fires_on_the_secret_itself(kind, marked):
    start, end = marked.index("⟦"), marked.index("⟧") - 1
    scores = scores_of(marked.replace("⟦", "").replace("⟧", ""))
    hits = [f for f in scores.findings if f.kind == kind]
    assert any(f.start <= start and end <= f.end <= end + 6 for f in hits)
    assert scores.scores["secrets.any"] == max(f.score for f in scores.findings)
    assert scores.scores[f"secrets.{kind}"] >= 0.5


@pytest.mark.parametrize(("kind", "marked"), [case for case in FIRE if case.id != "lone"])
def test_offsets_are_code_points_of_the_original(kind, marked):
    before = "héllo 😀 \ud800 שלום\n"
    start = len(before) + marked.index("⟦")
    found = scores_of(before + marked.replace("⟦", "").replace("⟧", "")).findings
    assert any(f.kind == kind and f.start <= start < f.end for f in found)


TUTORIAL = """To call the API you need an API key. Never hard-code your API key or password: read it
from the environment instead.

```python
import os
from tests.support.scoring import fired, score
api_key = os.environ["OPENAI_API_KEY"]
password = os.getenv("DB_PASSWORD")
client = OpenAI(api_key=api_key)
token = get_token(user, password)
```

```js
const apiKey = process.env.API_KEY;
const secret = config.get('jwt.secret');
fetch(url, { headers: { Authorization: `Bearer ${token}` } });
```

Then set `API_KEY=<your-api-key>` in `.env`, or run `export OPENAI_API_KEY="your-api-key-here"`.
A strong password is at least 12 characters long: use a passphrase. The key is to be patient,
and the secret of success is practice. Access: public. Author: Jane Doe. Token: a unit of text.
"""

MUST_STAY_QUIET = [
    ("seed", "```python\nSEED = " + "5084394209" + "\nMAX = " + "7651052012008733" + "\n```"),
    ("row-key", 'const ROW_KEY = "' + "1751_62213532_7e9283" + '";'),
    ("cache-key", 'cache_key: "' + "user:4417:" + spell(16, HEX) + '"'),
    ("tutorial", TUTORIAL),
    ("aws-example", "aws_access_key_id = " + "AKIAIOSFODNN7" + "EXAMPLE"),
    (
        "aws-example-secret",
        "aws_secret_access_key=" + "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY",
    ),
    ("github-x", "token: " + "ghp_" + "x" * 36),
    ("openai-placeholder", 'api_key="' + "sk-" + "your-api-key-here" + '"'),
    ("openai-dots", "OPENAI_API_KEY=" + "sk-" + "..."),
    ("openai-x", "export OPENAI_API_KEY=" + "sk-" + "x" * 48),
    ("stripe-docs", "Stripe.api_key = '" + "sk_test_" + "4eC39HqLyj" + "WDarjtT1zdp7dc'"),
    ("counted", 'api_key = "' + "1234567890abcdef" * 2 + '"'),
    ("zigzag", 'secret = "' + "a1b2c3d4e5f6g7h8i9j0" + '"'),
    ("angle", "password: <password>"),
    ("shell", "mysql -u root --password=${DB_PASSWORD} --token=$TOKEN"),
    ("template", "password: {{ vault_password }}\nsecret: ${{ secrets.DEPLOY_KEY }}"),
    ("changeme", "ADMIN_PASSWORD=changeme\nMYSQL_ROOT_PASSWORD=password"),
    ("stars", "password: ********"),
    ("redacted", "token=[REDACTED] secret=REDACTED"),
    (
        "jwt-docs",
        web_token().rpartition(".")[0] + "." + "Sfl" + "KxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    ),
    ("jwt-none", web_token('{"alg":"none","typ":"JWT"}')),
    ("basic-docs", "Authorization: Basic " + base64.b64encode(b"user:password").decode()),
    ("url-placeholder", "postgres://user:password@localhost:5432/db"),
    ("url-template", "redis://:${REDIS_PASSWORD}@cache:6379 and https://user:<token>@host/x"),
    ("url-port", "see http://localhost:8080/a@b and mailto:ann@example.org"),
    ("git-sha", "commit " + spell(40, HEX) + "\nMerge: " + spell(7, HEX)),
    ("sha256", "sha256:" + hashlib.sha256(b"image").hexdigest()),
    ("md5", "The MD5 of the file is " + hashlib.md5(b"x").hexdigest() + "."),
    ("uuid", "id: 3f2b8c1e-9d4a-4f6b-8a7c-5e1d2f3a4b5c"),
    ("integrity", '<script integrity="sha384-' + spell(64) + '" src="a.js">'),
    ("certificate", pem("CERTIFICATE")),
    ("public-key", pem("PUBLIC KEY")),
    ("ssh-public", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" + spell(48) + " ann@host"),
    ("pem-elided", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"),
    ("pem-words", "-----BEGIN RSA PRIVATE KEY-----\nyour key here\n-----END RSA PRIVATE KEY-----"),
    ("image", "![x](data:image/png;base64," + spell(400, string.ascii_letters + "+/") + ")"),
    ("lorem-base64", base64.b64encode(b"lorem ipsum dolor sit amet consectetur " * 4).decode()),
    ("base64-answer", base64.b64encode(b"hello, this is a plain answer").decode()),
    ("call", "password = generate_password(length=16)\nsecret = self.config.secret_key"),
    ("type", "function login(password: string, token: Token): Promise<User>"),
    ("error", 'raise ValueError("password: must be at least 8 characters")'),
    ("form", '<input type="password" name="password" placeholder="Enter your password">'),
    ("path", "key_file: /etc/ssl/private/server.key\ntoken_url: https://auth.corp/oauth/token"),
    ("headings", "**Passport Number:** not needed\n**Key Takeaway:** practise\nKey: C major"),
    ("colour", "Light Pink: #F7B2B9\nAccess Date: 15-Apr-2021\nPin: 3"),
    ("keyboard", "Keyboard: QWERTY\nAuthor: J. R. R. Tolkien\nPassenger: 2"),
    ("id", "request req_" + spell(28) + " failed; message msg_" + spell(28)),
    ("env-harmless", "LOG_LEVEL=info\nPORT=8080\nDEBUG=false\nREGION=eu\nWORKERS=4\nNAME=app"),
]


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in MUST_STAY_QUIET])
def test_stays_quiet(text):
    scores = scores_of(text)
    assert scores.findings == ()
    assert set(scores.scores.values()) == {0.0}


def test_environment_dump_with_a_secret_spans_the_block():
    block = "\n".join(
        ["HOST=db1", "PORT=5432", "REGION=eu", "LEVEL=info", "DB_PASSWORD=" + spell(14), "A_B=c"]
    )
    text = "Output:\n" + block + "\n\nDone."
    dumps = [f for f in scores_of(text).findings if f.kind == "env_dump"]
    assert [(f.start, f.end) for f in dumps] == [(8, 8 + len(block))]


def test_environment_of_a_live_process_is_a_dump():
    text = "PATH=/usr/bin\nHOME=/root\nHOSTNAME=api-7f\nPWD=/srv\nLANG=C\nSHLVL=1"
    assert kinds_of(text) == {"env_dump"}


def test_every_format_belongs_to_a_kind_and_needs_a_mark():
    for kind, service, marks, _ in read_formats():
        assert kind.rstrip("?") in KINDS
        assert service
        assert all(len(mark) >= 2 for mark in marks)


def test_signals_are_any_and_one_for_each_kind():
    names = [signal.name for signal in SecretsDetector.signals]
    assert names == ["secrets.any", *(f"secrets.{kind}" for kind in KINDS)]


def test_batch_is_scored_in_order():
    texts = ["nothing", "DB_PASSWORD=" + spell(12), "nothing"]
    batch = Batch([Record(record_id=str(i), output=text) for i, text in enumerate(texts)])
    assert [bool(scores.findings) for scores in DETECTOR.score(batch)] == [False, True, False]


@pytest.mark.parametrize("threshold", [0.0, 1.0, -1.0])
def test_refuses_a_threshold_outside_the_open_interval(threshold):
    with pytest.raises(ValueError, match="between 0 and 1"):
        SecretsDetector(threshold=threshold)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("aaaaaaaa", True, id="one letter"),
        pytest.param("12121212", True, id="two digits"),
        pytest.param("abcdefgh12345678", True, id="counts up"),
        pytest.param("987654321", True, id="counts down"),
        pytest.param("x9y8z7a6b5c4d3e2", True, id="interleaved"),
        pytest.param("kR7wq2LpZ9vT", False, id="mixed"),
        pytest.param("5f4dcc3b5aa765d61d8327deb882cf99", False, id="hex"),
    ],
)
def test_monotonous(value, expected):
    assert monotonous(value) is expected


def test_findings_are_capped_but_the_score_is_not():
    text = "\n".join("AKIA" + spell(16, UPPER, seed) for seed in range(MAX_FINDINGS + 50))
    scores = scores_of(text)
    assert len(scores.findings) == MAX_FINDINGS
    assert scores.scores["secrets.aws_key"] > 0.9


FRAGMENTS = st.sampled_from(
    ["password", "token", " = ", ": ", '"', "'", "\\", "\n", "://", "@", "AKIA", "ghp_", "eyJ", "is ",
     "-----BEGIN PRIVATE KEY-----", "curl -u ", "[1,2", "é", "😀", "\ud800", "\x00", "$", "PATH=", "Bearer "]
)  # fmt: skip
TEXTS = st.lists(
    st.one_of(
        st.text(max_size=30), FRAGMENTS, st.text(string.ascii_letters + string.digits, max_size=60)
    ),
    max_size=25,
).map("".join)


def assert_sound(text: str, scores: Scores) -> None:
    for finding in scores.findings:
        assert 0 <= finding.start < finding.end <= len(text)
        assert 0.5 <= finding.score <= 1.0
        assert finding.signal == f"secrets.{finding.kind}"
        assert text[finding.start : finding.end] not in finding.reason
    assert all(0.0 <= score <= 1.0 for score in scores.scores.values())


@settings(deadline=None, max_examples=300)
@given(TEXTS)
def test_any_text_is_scored_soundly(text):
    assert_sound(text, scores_of(text))


@settings(deadline=None, max_examples=100)
@given(
    st.text(max_size=40),
    st.text(string.ascii_letters + string.digits, min_size=16, max_size=32),
    st.sampled_from(
        ['api_key = "{}"', "DB_PASSWORD={}\n", '{{"token": "{}"}}', "AKIA{}", "ghp_{}"]
    ),
    st.text(max_size=40),
)
def test_reasons_never_hold_the_value(before, value, shape, after):
    text = f"{before} {shape.format(value)} {after}"
    scores = scores_of(text)
    assert_sound(text, scores)
    assert all(value not in finding.reason for finding in scores.findings)


def test_what_surrounds_a_token_does_not_hide_it():
    token = "ghp_" + MIXED
    for before, after in [
        ("", ""),
        ("(", ")"),
        ('"', '"'),
        ("=", "&"),
        ("\n", "\r\n"),
        ("“", "”"),
        ("é ", " é"),
    ]:
        assert kinds_of(before + token + after) == {"github_token"}


AUDITED = SecretsDetector(audit_share=1.0)
AUDITED.load()


@pytest.mark.parametrize(
    "text",
    [
        *(pytest.param(text.replace("⟦", "").replace("⟧", ""), id=n) for n, _, text in SHOULD_FIRE),
        *(pytest.param(text, id=name) for name, text in MUST_STAY_QUIET),
    ],
)
def test_every_rule_finds_no_more_than_those_that_the_marks_let_run(text):
    audited = AUDITED.score(Batch([Record(record_id="r", output=text)]))[0]
    assert audited == scores_of(text)


@settings(deadline=None, max_examples=300)
@given(TEXTS)
def test_the_marks_miss_nothing_in_any_text(text):
    audited = AUDITED.score(Batch([Record(record_id="r", output=text)]))[0]
    assert audited == scores_of(text)


def test_tiers_are_counted_and_a_mark_that_is_missing_is_seen(monkeypatch):
    texts = ["A quiet answer.", "Use ghp_" + MIXED, "The password is now " + HUMAN]
    batch = Batch([Record(record_id=str(n), output=text) for n, text in enumerate(texts)])
    audited = SecretsDetector(audit_share=1.0)
    audited.score(batch)
    counts = audited.cascades[0].take()
    marks, rules = counts["marks"], counts["rules"]
    assert (marks.settled, marks.passed, marks.audited, rules.settled) == (1, 2, 1, 2)
    assert [count.missed for count in counts.values()] == [0, 0, 0]
    monkeypatch.setattr("detectors.secrets.detector._MARKS", re.compile(b"(?!)"))
    audited.score(batch)
    assert audited.cascades[0].take()["marks"].missed == 1


def test_refuses_an_audit_share_out_of_range():
    with pytest.raises(ValueError, match="audit_share"):
        SecretsDetector(audit_share=-0.1)


@pytest.mark.parametrize(
    "line",
    ["API_KEY_{n}=your-key-{n}", "password: test{n}", "https://user:pass{n}@host.example/{n}"],
)
def test_many_decoys_hide_no_secret_behind_them(line):
    text = "\n".join(line.format(n=n) for n in range(MOST_SCORED + 500)) + "\n"
    found = scores_of(f"{text}STORE_API_SECRET={spell(24)}\n").findings
    assert "api_key" in {one.kind for one in found if one.end > len(text)}


def test_values_that_the_scorer_is_asked_about_are_bounded(monkeypatch):
    asked = []
    scorer = DETECTOR._loaded[1]
    real = scorer.score
    monkeypatch.setattr(scorer, "score", lambda one: asked.append(one) or real(one))
    scores_of("\n".join(f"token_{n}: word{n}" for n in range(2 * MOST_SCORED)))
    assert 0 < len(asked) <= MOST_SCORED


# Each is a line of many, with a number of its own and a word that no other has.
STAND_INS = {
    "angles": "API_KEY_{n}=<your-api-key-{n}>",
    "angles under other names": "{w}_KEY=<your-{w}-key>",
    "of the shell": "TOKEN_{n}=${{TOKEN_{n}}}",
    "of a template": "password_{n}: {{{{ vault.password_{n} }}}}",
    "of the environment": 'secret_{n} = os.environ["SECRET_{n}"]',
    "calls": "token_{n} = get_token({n})",
    "examples": "API_TOKEN_{n}=example-token-{n}",
    "to be changed": "PASSWORD_{n}=changeme{n}",
    "one value": "API_KEY=" + "your-api-key-123",
    "letters x": "API_KEY_{n}=" + "x" * 12 + "{n}",
    "the name again": '"token_name_{n}": "token_name_{n}"',
    "the name's words, counted": "session_id_{n}=session-{n}",
    "columns": "key_{n}: column_{n}_name",
    "files": "key_file_{n}=/etc/keys/host{n}.pem",
    "notes": 'auth_token{n} = "TODO-{n}"',
    "stars": "password_{n}=******{n}",
    "addresses": "https://user{n}:password{n}@host{n}.example",
    "addresses with angles": "postgres://app:<password-{n}>@db{n}.internal/app",
    "references": "password{n} = user{n}.password{n}",
    "fields": '<input name="password_{n}" id="password-field-{n}">',
    "a table": "| api_key_{n} | string_{n} | the key number {n} |",
}
LIVE = {
    "a key": "API_KEY_{n}={v}",
    "a key in quotes": "secret_{n}: '{v}'",
    "a key that follows words": "API_KEY_{n}=prod-{v}",
    "an address": "postgres://app{n}:{v}@db.internal/app",
    "an element": "<password>{v}</password>",
    "an element that ends like a name": "<token>{v}_x7=</token>",
    "a value of two names": "PASSWORD_{n}={v}\nSECRET_{n}={v}",
}


def lines(form, count):
    return "\n".join(
        form.format(n=n, w=spell(5, UPPER, n), v=spell(20, seed=n)) for n in range(count)
    )


@pytest.mark.parametrize("most", [MOST_SCORED, 40], ids=["each asked about", "most by thumb"])
@pytest.mark.parametrize("form", [pytest.param(form, id=name) for name, form in STAND_INS.items()])
def test_however_many_stand_ins_are_no_secret(form, most, monkeypatch):
    monkeypatch.setattr(module, "MOST_SCORED", most)
    assert scores_of(lines(form, 150)).findings == ()


@pytest.mark.parametrize("stand_in", ["angles", "examples", "references"])
@pytest.mark.parametrize("form", [pytest.param(form, id=name) for name, form in LIVE.items()])
def test_a_secret_is_found_behind_more_stand_ins_than_are_asked_about(form, stand_in, monkeypatch):
    monkeypatch.setattr(module, "MOST_SCORED", 40)
    text = lines(STAND_INS[stand_in], 150) + "\n"
    scores = scores_of(text + form.format(n=7, v=spell(20, seed=5)))
    found = [one for one in scores.findings if one.kind != "env_dump"]
    assert found
    assert all(one.start >= len(text) for one in found)


def test_a_password_that_says_another_name_is_none_of_the_stand_ins():
    assert kinds_of("DB_PASSWORD=" + "Velora" + "Harbour7!") == {"password"}


def test_tokens_past_those_kept_hide_no_other_kind_and_are_still_taken():
    text = "\n".join("AKIA" + spell(16, UPPER, seed) for seed in range(MOST_KEPT + 50)) + "\n"
    scores = scores_of(text + "ghp_" + MIXED)
    assert scores.scores["secrets.github_token"] > 0.9
    assert scores.scores["secrets.api_key"] == 0.0
