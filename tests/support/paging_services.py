"""Local servers that check what they are sent as PagerDuty, Slack and Alertmanager would."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "s3cr3t" + "0" * 26


class Service:
    """Answers 202 or 200 to what `check` finds nothing wrong with, else 400; or as `script` says.

    `check` gets the path and the decoded body, and gives what is wrong with them.
    """

    def __init__(self, check: Callable[[str, Any], list[str]], good: int = 200) -> None:
        self.problems: list[str] = []
        self.bodies: list[Any] = []
        self.answers: list[int | tuple[int, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                body = json.loads(raw)
                outer.bodies.append(body)
                problems = check(self.path, body)
                if len(raw) > 512_000:
                    problems.append("larger than 512 KB")
                if self.headers["Content-Type"] != "application/json":
                    problems.append("not JSON by its content type")
                outer.problems += problems
                answer = outer.answers.pop(0) if outer.answers else (400 if problems else good)
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def text_problems(name: str, value: Any, most: int, least: int = 1) -> list[str]:
    """What is wrong with a text, its length counted in UTF-16 units, the strictest way."""
    if not isinstance(value, str):
        return [f"{name} is no text"]
    units = len(value.encode("utf-16-le", "surrogatepass")) // 2
    found = [] if least <= units <= most else [f"{name} has {units} characters"]
    if any((ord(c) < 32 and c not in "\n\t") or 0xD800 <= ord(c) <= 0xDFFF for c in value):
        found.append(f"{name} has control characters")
    return found


def pagerduty_problems(path: str, body: Any) -> list[str]:
    """What PagerDuty's Events API v2 would refuse."""
    found = [] if path == "/v2/enqueue" else ["path"]
    allowed = {"routing_key", "event_action", "dedup_key", "payload", "links", "images"}
    found += [f"unknown {key}" for key in body.keys() - allowed - {"client", "client_url"}]
    if not (isinstance(body.get("routing_key"), str) and len(body["routing_key"]) == 32):
        found.append("routing_key is not 32 characters")
    if body.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        found.append("event_action")
    found += text_problems("dedup_key", body.get("dedup_key"), 255)
    if body.get("event_action") != "trigger":
        return found
    payload = body.get("payload", {})
    known = {"summary", "source", "severity", "timestamp", "component", "group", "class"}
    found += [f"unknown payload.{key}" for key in payload.keys() - known - {"custom_details"}]
    found += text_problems("summary", payload.get("summary"), 1024)
    found += text_problems("source", payload.get("source"), 1024)
    if payload.get("severity") not in ("critical", "error", "warning", "info"):
        found.append("severity")
    if datetime.fromisoformat(payload["timestamp"]).tzinfo is None:
        found.append("timestamp")
    if not isinstance(payload.get("custom_details", {}), dict):
        found.append("custom_details")
    for one in body.get("links", []):
        if not one["href"].startswith("http") or not one["text"]:
            found.append("link")
    return found


def slack_problems(path: str, body: Any) -> list[str]:
    """What Slack's incoming webhooks and Block Kit would refuse."""
    found = [] if path.startswith("/services/") else ["path"]
    found += text_problems("text", body.get("text"), 40_000)
    blocks = body.get("blocks", [])
    if not 1 <= len(blocks) <= 50:
        found.append(f"{len(blocks)} blocks")
    for block in blocks:
        if block["type"] == "actions":
            found += _button_problems(block)
            continue
        texts = block.get("elements") or [block.get("text")]
        if block["type"] not in ("header", "section", "context") or len(texts) > 10:
            found.append(f"block {block['type']}")
        for text in texts:
            header = block["type"] == "header"
            found += text_problems(block["type"], text["text"], 150 if header else 3000)
            if text["type"] != ("plain_text" if header else "mrkdwn"):
                found.append(f"text type of {block['type']}")
            if not header:
                found += _mrkdwn_problems(text)
    return found


def _button_problems(block: Any) -> list[str]:
    found = [] if 1 <= len(block["elements"]) <= 25 else ["number of buttons"]
    for button in block["elements"]:
        found += text_problems("text of a button", button["text"]["text"], 75)
        found += text_problems("value of a button", button["value"], 2000)
        found += text_problems("action_id", button["action_id"], 255)
        if button["type"] != "button" or button["text"]["type"] != "plain_text":
            found.append("button")
    return found


def _mrkdwn_problems(text: Any) -> list[str]:
    """Only what we wrote ourselves may be markup: links to the incident and its playbook."""
    bare = text["text"].replace("|Incident>", "").replace("|Playbook>", "")
    bare = bare.replace("<https://console.example/", "").replace("<https://books.example/", "")
    for escaped in ("&amp;", "&lt;", "&gt;"):
        bare = bare.replace(escaped, "")
    found = [f"unescaped {char}" for char in "<>&" if char in bare]
    return found if text.get("verbatim") is True else [*found, "not verbatim"]


def alertmanager_problems(path: str, body: Any) -> list[str]:
    """What Alertmanager's API v2 would refuse."""
    found = [] if path == "/api/v2/alerts" else ["path"]
    for alert in body:
        found += [f"unknown {key}" for key in alert.keys() - _ALERT]
        if not alert["labels"].get("alertname"):
            found.append("alertname")
        for kind in ("labels", "annotations"):
            for name, value in alert[kind].items():
                named = name.replace("_", "a").isalnum() and name.isascii()
                if not named or name[0].isdigit():
                    found.append(f"name {name!r}")
                found += text_problems(f"{kind}.{name}", value, 5000)
        starts, ends = (datetime.fromisoformat(alert[key]) for key in ("startsAt", "endsAt"))
        if ends < starts:
            found.append("ends before it starts")
    return found


_ALERT = {"labels", "annotations", "startsAt", "endsAt", "generatorURL"}
