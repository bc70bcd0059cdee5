"""The runbook as a page, so that an alert's link works wherever outwatch runs."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from itertools import pairwise

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>outwatch: runbook</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
        color: #1a1a1a; background: #fff; }}
pre, code {{ font-family: ui-monospace, monospace; background: #f2f2f2; }}
pre {{ padding: .8rem; overflow-x: auto; }}
:target {{ background: #fff3bf; }}
@media (prefers-color-scheme: dark) {{
  body {{ color: #e6e6e6; background: #16181d; }} pre, code {{ background: #262a33; }}
  a {{ color: #8ab4f8; }} :target {{ background: #4a3f00; }}
}}
</style></head><body>
{body}</body></html>
"""
_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE)
# Links to other pages of the documentation lead nowhere from here.
_ELSEWHERE = re.compile(r"\[([^\]\n]+)\]\((?!#|https?:)[^)\n]+\)")


@cache
def runbook_page() -> bytes:
    """The runbook as one HTML page in UTF-8, each heading with its name in small letters as id."""
    from markdown_it import MarkdownIt

    text = (files("streams") / "runbook.md").read_text(encoding="utf-8")
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(_ELSEWHERE.sub(r"\1", _COMMENT.sub("", text)))
    for heading, inside in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", re.sub(r"[^\w-]", "", inside.content.lower().replace(" ", "-")))
    body = parser.renderer.render(tokens, parser.options, {})
    return _PAGE.format(body=body).encode()
