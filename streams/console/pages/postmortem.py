"""The post-mortem of an incident, to read and as a file."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.desk import Desk
from streams.console.known import family
from streams.console.render import page
from streams.console.security import Refusal
from streams.console.told import postmortem
from streams.console.typed import markdown_typed
from streams.incidents.onward import followed
from streams.records import Incident

# No HTML, link or picture of anybody's: the text is escaped before it comes here, and twice
# is better than once.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link"])
_NAME = re.compile(r"[^A-Za-z0-9._-]")


def show(request: Request) -> Response:
    """The page."""
    desk: Desk = request.app.state.desk
    incident = _incident(request)
    text = markdown_typed(postmortem(desk, incident), desk.settings.console.command)
    return page(
        request,
        "postmortem.html",
        title=f"Post-mortem: {incident.title}",
        incident=incident,
        # A table of two columns has no name for the first, and a header without one is none.
        body=Markup(_markdown.render(text).replace("<th></th>", "<td></td>")),  # noqa: S704
    )


def download(request: Request) -> Response:
    """The file, as Markdown."""
    incident = _incident(request)
    text = postmortem(request.app.state.desk, incident)
    name = _NAME.sub("-", incident.id)[:100]
    return Response(
        text.encode("utf-8", "replace"),
        media_type="text/markdown; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="postmortem-{name}.md"'},
    )


def _incident(request: Request) -> Incident:
    desk: Desk = request.app.state.desk
    id_ = request.path_params["id"]
    known = family(desk.store, id_)
    if id_ not in known:
        raise Refusal(404, "There is no such incident.")
    return followed(known, known[id_])[0]


ROUTES = [
    Route("/postmortem/{id:path}/file", download),
    Route("/postmortem/{id:path}", show),
]
