"""Lines to copy, as they are typed where people read the console.

They are written for an `outwatch` that is on the path and has its settings; `console.command` says
what is typed in its place.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"^outwatch (?=[a-z])", re.MULTILINE)
_NAMED = re.compile(r"`outwatch (?=[a-z])")
_BLOCK = re.compile(r"^(`{3,})(sh\n.*?)^\1$", re.MULTILINE | re.DOTALL)


def typed(text: str, command: str) -> str:
    """Lines of a shell; those that begin with another program stay.

    >>> typed("outwatch show a/1/2", "/opt/outwatch")
    '/opt/outwatch show a/1/2'
    """
    return _LINE.sub(lambda _: f"{command} ", text)


def named(text: str, command: str) -> str:
    """A text that names commands between backticks.

    >>> named("outwatch can: `outwatch show ID` shows it", "/opt/outwatch")
    'outwatch can: `/opt/outwatch show ID` shows it'
    """
    return _NAMED.sub(lambda _: f"`{command} ", text)


def markdown_typed(text: str, command: str) -> str:
    """Markdown, with its blocks of shell and the commands that it names."""
    return named(
        _BLOCK.sub(lambda found: f"{found[1]}{typed(found[2], command)}{found[1]}", text), command
    )
