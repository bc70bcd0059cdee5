from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from streams.config.settings import Console, Role, load_settings
from streams.console.app import _check_guarded
from streams.console.feed import Standing
from streams.console.security import POLICY
from streams.console.tokens import digest_of, mint, people_in
from streams.console.visitor import ROLES
from streams.errors import ConfigError
from tests.support.console import Room, incident, room

ACT = {"incident": "inc-1", "revision": "1"}
OPEN = {"host": "0.0.0.0"}
PROXY = {
    "host": "0.0.0.0",
    "proxy_header": "X-Forwarded-User",
    "proxy_addresses": ["10.0.0.0/24"],
    "proxy_roles": {"ada": "act"},
}


def tokens(folder: Path, **people: Role) -> tuple[str, dict[str, str]]:
    """A token file, and the tokens by name."""
    made = {name: mint() for name in people}
    path = folder / "tokens"
    path.write_text("".join(f"{n} {people[n]} {digest_of(t)}\n" for n, t in made.items()))
    return str(path), made


def acknowledge(client: TestClient, **fields: Any) -> Any:
    return client.post("/acts/acknowledge", data=ACT | fields, follow_redirects=False)


def test_every_answer_says_what_browsers_may_do(made: Room) -> None:
    with made.browser() as client:
        for path in ("/", "/static/console.css", "/nothing", "/login"):
            headers = client.get(path).headers
            assert headers["content-security-policy"] == POLICY
            assert headers["x-frame-options"] == "DENY"
            assert headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in POLICY


def test_pages_hold_no_script_and_no_style_of_their_own(made: Room) -> None:
    made.put(incident("drift"))
    with made.browser() as client:
        text = client.get("/").text
    assert "<style" not in text
    assert " style=" not in text
    assert " on" + "click" not in text
    assert text.count("<script") == text.count('<script src="/static/console.js"') == 1


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("127.0.0.1:9467", True),
        ("localhost:9467", True),
        ("LOCALHOST", True),
        ("[::1]:9467", True),
        ("evil.example", False),
        ("evil.example:9467", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_only_our_own_names_lead_here(made: Room, host: str, served: bool) -> None:
    with made.browser() as client:
        assert (client.get("/", headers={"host": host}).status_code == 200) is served


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_behind_a_proxy_nobody_is_who_uses_this_machine(made: Room, header: str) -> None:
    made.put(incident("drift"))
    with made.browser() as client:
        answer = client.get("/", headers={header: "192.0.2.7"})
        token = made.csrf(client)
        client.headers[header] = "192.0.2.7"
        sent = acknowledge(client, csrf=token)
    assert answer.status_code == 403
    assert "console.tokens" in answer.text
    assert "set-cookie" not in answer.headers
    assert sent.status_code == 403


class TestForms:
    def test_one_with_all_it_needs_is_taken(self, made: Room) -> None:
        made.put(incident("drift"))
        with made.browser() as client:
            assert acknowledge(client, csrf=made.csrf(client)).status_code == 303
        assert [act.actor for act in made.acts] == ["dana"]

    @pytest.mark.parametrize(
        ("headers", "token"),
        [
            ({}, ""),
            ({}, "forged"),
            ({"origin": "https://evil.example"}, None),
            ({"origin": "null"}, None),
            ({"origin": "http://["}, None),
            ({"origin": "http://[::1"}, None),
            ({"origin": "http://127.0.0.1:8000"}, None),
            ({"sec-fetch-site": "cross-site"}, None),
            ({"sec-fetch-site": "same-site"}, None),
        ],
    )
    def test_a_forged_one_is_refused_and_written_down(
        self, made: Room, headers: dict[str, str], token: str | None
    ) -> None:
        made.put(incident("drift"))
        with made.browser() as client:
            given = made.csrf(client) if token is None else token
            client.headers.update(headers)
            answer = acknowledge(client, csrf=given)
        assert answer.status_code == 403
        assert "nothing was done" in answer.text
        assert made.acts == []
        assert [one["what"] for one in made.written_down()] == ["refused"]

    def test_another_sessions_token_is_refused(self, made: Room) -> None:
        made.put(incident("drift"))
        with made.browser() as one:
            made.csrf(one)
            assert acknowledge(one, csrf=made.csrf(made.browser())).status_code == 403

    def test_a_large_one_is_refused(self, made: Room) -> None:
        made.put(incident("drift"))
        with made.browser() as client:
            assert (
                acknowledge(client, csrf=made.csrf(client), text="x" * 400_000).status_code == 413
            )

    def test_no_page_takes_forms_unguarded(self, made: Room) -> None:
        from starlette.routing import Route

        with pytest.raises(TypeError, match="/free"):
            _check_guarded([Route("/free", lambda request: None, methods=["POST"])])


class TestTokens:
    def test_nobody_gets_in_without_one(self, tmp_path: Path) -> None:
        path, _ = tokens(tmp_path, ada="act")
        with room(tmp_path, tokens=path, **OPEN) as made, made.browser() as client:
            made.put(incident("drift"))
            answer = client.get("/", headers={"accept": "text/html"}, follow_redirects=False)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")
            assert client.get("/events").status_code == 401
            assert acknowledge(client, csrf="x").status_code == 401
            assert "drift" not in client.get("/login").text

    @pytest.mark.parametrize("role", ROLES)
    def test_roles_are_held(self, tmp_path: Path, role: Role) -> None:
        path, made_tokens = tokens(tmp_path, ada=role)
        with (
            room(tmp_path, tokens=path, **OPEN) as made,
            made.browser(base_url="https://watch.example") as client,
        ):
            made.put(incident("drift"))
            answer = client.post("/login", data={"token": made_tokens["ada"]})
            assert answer.status_code == 200
            status = acknowledge(client, csrf=made.csrf(client)).status_code
            assert status == (403 if role == "look" else 303)
            last = made.written_down()[-1]
            assert (last["who"], last["what"]) == (
                "ada",
                "refused" if role == "look" else "acknowledge",
            )

    def test_the_cookie_is_for_this_site_alone(self, tmp_path: Path) -> None:
        path, made_tokens = tokens(tmp_path, ada="act")
        with (
            room(tmp_path, tokens=path, **OPEN) as made,
            made.browser(base_url="https://watch.example") as client,
        ):
            answer = client.post(
                "/login", data={"token": made_tokens["ada"]}, follow_redirects=False
            )
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-outwatch=")
        for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
            assert part in cookie
        assert "Domain" not in cookie

    def test_who_is_struck_off_is_out_at_once(self, tmp_path: Path) -> None:
        path, made_tokens = tokens(tmp_path, ada="act", bob="look")
        with (
            room(tmp_path, tokens=path, **OPEN) as made,
            made.browser(base_url="https://watch.example") as client,
        ):
            client.post("/login", data={"token": made_tokens["ada"]})
            assert client.get("/").status_code == 200
            Path(path).write_text(f"bob look {digest_of(made_tokens['bob'])}\n")
            assert client.get("/").status_code == 401

    def test_a_session_ends(self, tmp_path: Path) -> None:
        path, made_tokens = tokens(tmp_path, ada="act")
        with (
            room(tmp_path, tokens=path, session_s=60, **OPEN) as made,
            made.browser(base_url="https://watch.example") as client,
        ):
            client.post("/login", data={"token": made_tokens["ada"]})
            made.at += 59
            assert client.get("/").status_code == 200
            made.at += 2
            assert client.get("/").status_code == 401

    def test_guessing_is_bounded_and_locks_nobody_out(self, tmp_path: Path) -> None:
        path, made_tokens = tokens(tmp_path, ada="act")
        with room(tmp_path, tokens=path) as made, made.browser() as client:
            codes = [client.post("/login", data={"token": "x"}).status_code for _ in range(40)]
            assert codes == [403] * 10 + [429] * 30
            other = made.browser(client=("192.0.2.1", 1))
            assert other.post("/login", data={"token": "x"}).status_code == 403
            assert len(made.written_down()) == 11
            answer = client.post("/login", data={"token": made_tokens["ada"]})
            assert (answer.status_code, answer.url.path) == (200, "/")
            assert made_tokens["ada"] not in made.audit.read_text()
            made.at += 61
            assert client.post("/login", data={"token": "x"}).status_code == 403

    def test_many_addresses_fill_no_disk(self, tmp_path: Path) -> None:
        path, _ = tokens(tmp_path, ada="act")
        with room(tmp_path, tokens=path) as made:
            for number in range(300):
                one = made.browser(client=(f"192.0.{number // 200}.{number % 200}", 1))
                one.post("/login", data={"token": "x"})
            assert len(made.written_down()) <= 100

    def test_a_session_doesnt_outlive_its_logout(self, tmp_path: Path) -> None:
        path, made_tokens = tokens(tmp_path, ada="act")
        with room(tmp_path, tokens=path) as made, made.browser() as client:
            kept, further = _logged_out(made, client, made_tokens["ada"])
            client.cookies.set("outwatch", kept)
            assert client.get("/").status_code == 401
            assert further.get("/").status_code == 200, "another session of the same person"

    def test_a_logout_lasts_over_a_restart(self, tmp_path: Path) -> None:
        path, made_tokens = tokens(tmp_path, ada="act")
        with room(tmp_path, tokens=path) as made, made.browser() as client:
            kept, further = _logged_out(made, client, made_tokens["ada"])
        with room(tmp_path, tokens=path) as made, made.browser() as client:
            client.cookies.set("outwatch", kept)
            assert client.get("/").status_code == 401
            client.cookies.set("outwatch", further.cookies["outwatch"])
            assert client.get("/").status_code == 200, "another session of the same person"

    @pytest.mark.parametrize("cookie", ["", "x", "WyJkYW5hIl0.x", "a.b.c"])
    def test_a_forged_session_is_none(self, tmp_path: Path, cookie: str) -> None:
        path, _ = tokens(tmp_path, ada="act")
        with room(tmp_path, tokens=path) as made, made.browser() as client:
            client.cookies.set("outwatch", cookie)
            assert client.get("/").status_code == 401

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("ada act", "has 2 words"),
            ("ada boss " + "0" * 64, "no role"),
            ("ada act outwatch-secret", "no SHA-256"),
        ],
    )
    def test_a_wrong_file_says_where(self, text: str, said: str) -> None:
        with pytest.raises(ConfigError, match=said) as caught:
            people_in(f"# people\n{text}\n", "tokens")
        assert caught.value.line == 2
        assert "secret" not in str(caught.value)


class TestProxy:
    @pytest.mark.parametrize(
        ("peer", "name", "may_look", "may_act"),
        [
            ("10.0.0.9", "ada", True, True),
            ("10.0.0.9", "eve", True, False),
            ("10.0.0.9", "", False, False),
            ("10.0.1.9", "ada", False, False),
            ("192.0.2.1", "ada", False, False),
        ],
    )
    def test_the_header_counts_from_the_proxy_alone(
        self, tmp_path: Path, peer: str, name: str, may_look: bool, may_act: bool
    ) -> None:
        with (
            room(tmp_path, **PROXY) as made,
            made.browser(client=(peer, 1), headers={"x-forwarded-user": name}) as client,
        ):
            made.put(incident("drift"))
            assert (client.get("/").status_code == 200) is may_look
            if may_look:
                token = made.gate.form_token(
                    made.gate._by_proxy(_Asked(name))  # type: ignore[arg-type]
                )
                assert (acknowledge(client, csrf=token).status_code == 303) is may_act


class _Asked:
    def __init__(self, name: str) -> None:
        self.headers = {"X-Forwarded-User": name}


def test_a_link_in_a_chat_leads_here(made: Room) -> None:
    """A browser sends no strict cookie with it, so the page asks once more by itself."""
    afar = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    with made.browser() as client:
        answer = client.get("/", headers=afar)
        assert "refresh" in answer.text
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("console", "said"),
    [
        ("host: 0.0.0.0", "nobody has to say who they are"),
        ("host: watch.example", "nobody has to say who they are"),
        ("{host: 0.0.0.0, proxy_header: X-User}", "anybody could write the header"),
        ("{proxy_header: X-User, proxy_addresses: [nowhere]}", "no address"),
        ("hosts: [watch.example]", "nobody has to say who they are"),
        ("port: 99999", "no port"),
        ("session_s: 0", "not above 0"),
    ],
)
def test_settings_that_let_everybody_in_are_refused(
    tmp_path: Path, console: str, said: str
) -> None:
    path = tmp_path / "outwatch.yaml"
    body = console if console.startswith("{") else f"{{{console}}}"
    path.write_text(f"console: {body}\n")
    with pytest.raises(ConfigError, match=said):
        load_settings(path, {})


def test_settings_that_say_who_may_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "outwatch.yaml"
    path.write_text("console: {host: 0.0.0.0, tokens: people.txt}\n")
    assert load_settings(path, {}).console == Console(host="0.0.0.0", tokens="people.txt")


def test_probes_ask_by_any_name_and_learn_nothing(tmp_path: Path) -> None:
    path, _ = tokens(tmp_path, ada="act")
    with room(tmp_path, tokens=path, hosts=["watch.example"], **OPEN) as made:
        made.put(incident("drift"))
        with made.browser(base_url="http://10.1.2.3:9480") as client:
            assert client.get("/live").text == "ok"
            assert client.get("/ready").status_code == 200
            made.standing = Standing(away_since=1.0, why="no Kafka")
            assert client.get("/ready").status_code == 503
            assert client.get("/").status_code == 421


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/acts/note", "POST"),
        ("GET", "/order", "POST"),
        ("GET", "/logout", "POST"),
        ("PUT", "/", "GET, HEAD"),
        ("TRACE", "/", "GET, HEAD"),
        ("DELETE", "/incident/inc-1", "GET, HEAD"),
        ("POST", "/traffic", "GET, HEAD"),
    ],
)
def test_a_method_that_an_address_doesnt_take_is_said(
    made: Room, method: str, path: str, allowed: str
) -> None:
    with made.browser() as client:
        answer = client.request(method, path)
    assert answer.status_code == 405
    assert sorted(answer.headers["allow"].split(", ")) == sorted(allowed.split(", "))
    assert '<p class="refused"' in answer.text


@pytest.mark.parametrize(
    "form",
    [
        {"data": {f"f{number}": "x" for number in range(2_000)}},
        {"files": {"text": ("x.txt", b"x")}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"nonsense", "headers": {"content-type": "multipart/form-data; boundary=b"}},
    ],
)
@pytest.mark.parametrize("path", ["/acts/note", "/logout", "/login"])
def test_a_form_that_cant_be_read_is_a_page_and_written_down(
    made: Room, path: str, form: dict[str, Any]
) -> None:
    with made.browser() as client:
        client.get("/")
        answer = client.post(path, **form)
    assert answer.status_code in (400, 403)
    assert '<p class="refused"' in answer.text
    # Nobody acts by logging in, and whoever may not could fill the file.
    assert len(made.written_down()) == (path != "/login")
    assert made.acts == []


def _logged_out(made: Room, client: TestClient, token: str) -> tuple[str, TestClient]:
    """The cookie of a session that was logged out, and a browser with another of that person."""
    client.post("/login", data={"token": token})
    kept = client.cookies["outwatch"]
    further = made.browser()
    further.post("/login", data={"token": token})
    client.post("/logout", data={"csrf": made.csrf(client)})
    return kept, further
