"""Clocks from YAML files: those that come with outwatch, and an operator's own on top of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NoReturn

import msgspec

from streams.config.paths import shown_path
from streams.config.settings import Settings
from streams.config.yamlfile import Located, check_text, convert, parse_yaml, read_yaml
from streams.errors import ClocksError
from streams.incidents.clocks.clock import Clock, Clocks, in_quote, is_period
from streams.suggest import named, suggestion

_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")
_LONGEST = 2_000
_MOST = 200


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    paragraph: str
    quote: str
    starts: Literal["detected", "aware"]
    who: str
    to: str
    when: str
    url: str = ""
    period: str = ""
    counted_from: Literal["start", "year_end"] = "start"
    after: str = ""
    same_as: str = ""
    one_of: str = ""
    playbooks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    regime: str = ""
    law: str = ""
    url: str = ""
    read: date | None = None
    read_in: str = ""
    clocks: tuple[_Entry, ...] = ()
    aside: dict[str, str] = {}


@cache
def shipped() -> Clocks:
    """The clocks that come with outwatch."""
    folder = files("streams.incidents.clocks")
    found = sorted(one.name for one in folder.iterdir() if one.name.endswith(".yaml"))
    return _clocks(
        {}, [parse_yaml((folder / one).read_text("utf-8"), one, ClocksError) for one in found]
    )


def configured(settings: Settings) -> Clocks:
    """The clocks that come with outwatch, with what the configured folder adds and replaces.

    Raises `ClocksError` naming file, line, what is wrong and the remedy.
    """
    folder = settings.incidents.clocks
    return read_folder(Path(folder)) if folder else shipped()


_SETTING = "the folder that `incidents.clocks` (OUTWATCH_INCIDENTS_CLOCKS) names"


def read_folder(folder: Path, called: str = _SETTING) -> Clocks:
    """The clocks that come with outwatch, with what the files of a folder add and replace, or
    one file. Raises `ClocksError`.

    `called` are words for one that isn't there, whose name may be a secret in the wrong place.
    """
    name = shown_path(folder, called)
    if folder.is_file():
        return _clocks(shipped(), [read_yaml(folder, ClocksError, name)])
    try:
        paths = sorted(one for one in folder.iterdir() if one.suffix in (".yaml", ".yml"))
    except OSError as failure:
        problem = f"can't be read ({failure.strerror})"
        raise ClocksError(name, None, problem, "Check the path and its permissions") from None
    if not paths:
        raise ClocksError(
            name, None, "holds no file of clocks", "Put one there that ends in .yaml, or unset it"
        )
    return _clocks(shipped(), [read_yaml(path, ClocksError) for path in paths])


def _clocks(before: Clocks, located: Iterable[Located]) -> Clocks:
    clocks = dict(before)
    where: dict[str, tuple[Located, str]] = {}
    reasons: list[tuple[Located, str, str]] = []
    for one in located:
        read = _read(one)
        for number, entry in enumerate(read.clocks):
            path = f"$.clocks[{number}]"
            clock = _clock(one, path, read, entry)
            if clock.id in where:
                first, at = where[clock.id]
                _fail(
                    one,
                    f"{path}.id",
                    f"the clock of this id stands in {first.name}:{first.line(at)} already",
                    "Give each clock an id of its own",
                )
            where[clock.id] = (one, path)
            clocks[clock.id] = clock
        reasons += [(one, id_, why) for id_, why in read.aside.items()]
    if len(clocks) > _MOST:
        raise ClocksError("clocks", None, f"are more than {_MOST}", "Remove some")
    for id_, (one, path) in where.items():
        _check_links(one, path, clocks[id_], clocks)
    for one, id_, why in reasons:
        if id_ not in clocks:
            what = named(id_, clocks, "what stands there")
            _fail(one, f"$.aside.{id_}", f"{what} is no clock", suggestion(id_, clocks))
        if not why.strip():
            _fail(one, f"$.aside.{id_}", "it is set aside without a reason", "Write the reason")
        _text(one, f"$.aside.{id_}", "the reason", why)
        clocks[id_] = msgspec.structs.replace(clocks[id_], aside=why, aside_in=one.name)
    return clocks


def _read(located: Located) -> _File:
    data = located.data
    if not isinstance(data, dict):
        _fail(located, "$", "the file isn't a mapping", "Write `regime:`, `law:` and `clocks:`")
    _refuse_unknown(located, data, _File, "$")
    listed = data.get("clocks")
    for number, one in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(one, dict):
            _refuse_unknown(located, one, _Entry, f"$.clocks[{number}]")
    read = convert(located, _File, ClocksError)
    if not read.clocks and not read.aside:
        _fail(located, "$", "the file has no clocks", "Add `clocks:`, or `aside:` with reasons")
    if read.clocks and read.read is None:
        _fail(
            located, "$", "the day on which the text was read is missing", "Add `read: 2026-11-29`"
        )
    for key in ("regime", "law", "url", "read_in") if read.clocks else ():
        _text(located, f"$.{key}", f"`{key}`", getattr(read, key))
    return read


def _clock(located: Located, path: str, read: _File, entry: _Entry) -> Clock:
    if _ID.fullmatch(entry.id) is None:
        remedy = "Use small letters, digits, dots and hyphens"
        _fail(located, f"{path}.id", "`id` isn't a valid id", remedy)
    for key in ("paragraph", "quote", "who", "to", "when"):
        _text(located, f"{path}.{key}", f"`{key}`", getattr(entry, key))
    for number, note in enumerate(entry.notes):
        _text(located, f"{path}.notes[{number}]", "the note", note)
    url = entry.url or read.url
    if not url.startswith("https://") or " " in url:
        _fail(
            located,
            f"{path}.url" if entry.url else "$.url",
            "`url` is no address of a page",
            "Give the page of the law's text, beginning with https://",
        )
    if entry.period and entry.same_as:
        _fail(located, f"{path}.period", "it has a period and another's too", "Keep one of the two")
    if entry.period and not is_period(entry.period):
        _fail(located, f"{path}.period", "`period` is no period", "Write it as 72h, 15d or 1mo")
    if entry.period and not in_quote(entry.period, entry.quote):
        _fail(
            located,
            f"{path}.period",
            "the quote doesn't name this period",
            "Quote the sentence that has the number, or correct the period",
        )
    if entry.counted_from == "year_end" and not entry.period:
        _fail(located, f"{path}.counted_from", "it has no period to count", "Add `period:`")
    fields = {name: getattr(entry, name) for name in _Entry.__struct_fields__ if name != "url"}
    assert read.read is not None  # noqa: S101
    return Clock(
        regime=read.regime, law=read.law, url=url, read=read.read, read_in=read.read_in, **fields
    )


def _check_links(located: Located, path: str, clock: Clock, clocks: Clocks) -> None:
    for key in ("after", "same_as"):
        other = getattr(clock, key)
        if not other:
            continue
        if other not in clocks or other == clock.id:
            what = named(other, clocks, "what stands there")
            others = [one for one in clocks if one != clock.id]
            _fail(located, f"{path}.{key}", f"{what} is no other clock", suggestion(other, others))
        if clocks[other].after or clocks[other].same_as:
            _fail(
                located,
                f"{path}.{key}",
                f"`{other}` itself hangs on another clock",
                "Name a clock that begins by itself",
            )
    if clock.after and clock.same_as:
        _fail(located, f"{path}.after", "it hangs on two clocks", "Keep `after` or `same_as`")


def _refuse_unknown(located: Located, data: dict[str, Any], kind: type[Any], path: str) -> None:
    known = kind.__struct_fields__
    for key in data:
        if key not in known:
            what = named(key, known, "what stands there")
            _fail(located, f"{path}.{key}", f"{what} is no key of clocks", suggestion(key, known))


def _text(located: Located, path: str, what: str, text: str) -> None:
    check_text(located, path, what, text, _LONGEST, ClocksError)


def _fail(located: Located, path: str, problem: str, remedy: str) -> NoReturn:
    raise ClocksError(located.name, located.line(path), problem, remedy)
