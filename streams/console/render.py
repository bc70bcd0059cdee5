"""Templates: all that comes from a topic is escaped, cleaned and cut on its way into a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from streams import words
from streams.console.health import health
from streams.console.security import Gate
from streams.console.typed import typed
from streams.incidents.states import state_words
from streams.inert import line, lines

LONGEST = 5_000
"""Characters of one text on a page; what follows is cut, and that is said."""

_TEMPLATES = Path(__file__).parent / "templates"


class Several(str):
    """A text that keeps its line ends on a page."""

    __slots__ = ()


def clean(value: Any) -> Any:
    """A value as it may stand on a page, escaped yet to be: without what steers or hides text, on
    one line unless it is `Several`, and cut.

    >>> clean("a\\u202eb\\nc"), clean(3)
    ('a\ufffdb\ufffdc', 3)
    """
    if isinstance(value, Markup):
        return value
    if value is None:
        return ""
    if isinstance(value, str):
        left = len(value) - LONGEST
        text = (lines if isinstance(value, Several) else line)(value[:LONGEST])
        return f"{text}… ({words.count(left, 'more character')})" if left > 0 else text
    return value


def path_of(*parts: str, **query: str | int) -> str:
    """An address of the console, with everything quoted that has a meaning in one.

    >>> path_of("incident", "a/b?c"), path_of("search", q="x y")
    ('/incident/a%2Fb%3Fc', '/search?q=x+y')
    """
    path = "/" + "/".join(quote(part, safe="") for part in parts if part)
    return f"{path}?{urlencode(query)}" if query else path


def templates(menu: Sequence[tuple[str, str]], gate: Gate, command: str) -> Environment:
    """The templates, with what each of them may use; lines to copy begin with `command`."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=clean,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"menu": list(menu), "gate": gate, "path_of": path_of}
    made.filters |= {
        "moment": words.moment,
        "minute": lambda at: words.moment(at)[:16] + " UTC",
        "lasting": lambda seconds: (
            words.duration(seconds // 60 * 60) if seconds >= 60 else "less than a minute"
        ),
        "clock": words.clock,
        "duration": words.duration,
        "number": words.number,
        "score": words.score,
        "percent": words.percent,
        "state": state_words,
        "several": Several,
        "typed": lambda text: type(text)(typed(text, command)),
    }
    made.globals["count"] = words.count
    return made


def page(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    """A page from a template; `title` is to be among the values."""
    state = request.app.state
    visitor = getattr(request.state, "visitor", None)
    desk = state.desk
    values |= {
        "visitor": visitor,
        "csrf": state.gate.form_token(visitor) if visitor else "",
        "path": request.url.path,
        "now": desk.clock(),
        "health": health(desk) if visitor else None,
    }
    text = state.templates.get_template(name).render(values)
    return HTMLResponse(text, status)
