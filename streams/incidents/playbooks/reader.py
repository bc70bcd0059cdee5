"""Playbooks from YAML files: those that come with outwatch, and an operator's own before them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any, NoReturn, get_args, get_type_hints

import msgspec

from streams.config.paths import shown_path
from streams.config.settings import Settings
from streams.config.yamlfile import Located, check_text, convert, parse_yaml, read_yaml
from streams.errors import PlaybooksError
from streams.incidents.clocks.reader import configured as configured_clocks
from streams.incidents.clocks.reader import shipped as shipped_clocks
from streams.incidents.limits import Kind
from streams.incidents.limits import problem as problem_of_limits
from streams.incidents.playbooks.fields import OF_INCIDENT, OF_SETTINGS, PLACEHOLDER
from streams.incidents.playbooks.lines import Judge, no_judge, problem
from streams.incidents.playbooks.playbook import (
    EVERY,
    FALLBACK,
    Playbook,
    Playbooks,
    Step,
    Taxonomy,
    Tell,
    in_order,
)
from streams.suggest import named, suggestion

_LONGEST = 1_000
_MOST = 500
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_TIME = re.compile(r"[1-9]\d{0,2}[mhd]")
_STEPS = ("first", "contain", "diagnose", "over")
_NEEDED = ("recognise", "first", "contain", "diagnose", "causes", "tell", "fixes", "over")
# A metric, a bracket, a number: enough to tell an expression from a sentence. Prometheus says
# the rest.
_PROMQL = re.compile(r"[A-Za-z_:][\w:]*\s*[({\[]|^[A-Za-z_:][\w:]*$")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_IDS = {
    "atlas": re.compile(r"AML\.[TM]\d{4}(\.\d{3})?"),
    "owasp": re.compile(r"LLM(0[1-9]|10)"),
    "mit": re.compile(r"[1-7]\.[1-9]"),
}
NIST = (
    "CBRN information or capabilities",
    "confabulation",
    "dangerous, violent, or hateful content",
    "data privacy",
    "environmental impacts",
    "harmful bias or homogenization",
    "human-AI configuration",
    "information integrity",
    "information security",
    "intellectual property",
    "obscene, degrading, and/or abusive content",
    "value chain and component integration",
)
"""The risks of NIST AI 600-1."""


@cache
def shipped() -> Playbooks:
    """The playbooks that come with outwatch."""
    return in_order(_shipped(no_judge, shipped_clocks()))


def shipped_checked(judge: Judge) -> Playbooks:
    """The same, with every line of theirs judged. Raises `PlaybooksError`."""
    return in_order(_shipped(judge, shipped_clocks()))


def configured(settings: Settings, judge: Judge = no_judge) -> Playbooks:
    """The playbooks that come with outwatch, with those of the configured folder before them.

    `judge` says what is wrong with the words after `outwatch`. Raises `PlaybooksError` naming
    file, line, what is wrong and the remedy.
    """
    folder = settings.incidents.playbooks
    if not folder:
        return shipped()
    return read_folder(Path(folder), judge, configured_clocks(settings))


_SETTING = "the folder that `incidents.playbooks` (OUTWATCH_INCIDENTS_PLAYBOOKS) names"


def read_folder(
    folder: Path,
    judge: Judge = no_judge,
    clocks: Collection[str] | None = None,
    called: str = _SETTING,
) -> Playbooks:
    """The playbooks that come with outwatch, with those of a folder, or of one file, before them.
    A file replaces the whole playbook of its name. Raises `PlaybooksError`.

    `called` are words for one that isn't there, whose name may be a secret in the wrong place.
    """
    clocks = shipped_clocks() if clocks is None else clocks
    name = shown_path(folder, called)
    if folder.is_file():
        own = [_playbook(read_yaml(folder, PlaybooksError, name), folder.stem, judge, clocks)]
        return in_order([*own, *shipped().known])
    try:
        paths = sorted(one for one in folder.iterdir() if one.suffix in (".yaml", ".yml"))
    except OSError as failure:
        why = f"can't be read ({failure.strerror})"
        raise PlaybooksError(name, None, why, "Check the path and its permissions") from None
    if not paths:
        raise PlaybooksError(
            name, None, "holds no playbook", "Put one there that ends in .yaml, or unset it"
        )
    if len(paths) > _MOST:
        raise PlaybooksError(name, None, f"holds more than {_MOST} files", "Remove some")
    own = [_playbook(read_yaml(path, PlaybooksError), path.stem, judge, clocks) for path in paths]
    _refuse_twice(own)
    return in_order([*own, *shipped().known])


def reload_if_changed(
    settings: Settings, last: Playbooks, judge: Judge = no_judge
) -> tuple[Playbooks | None, PlaybooksError | None]:
    """What the folder says now: (new playbooks, None), (None, error), or (None, None) if the
    same. On an error those in force stay in force."""
    try:
        found = configured(settings, judge)
    except PlaybooksError as error:
        return None, error
    return (None, None) if found == last else (found, None)


def _shipped(judge: Judge, clocks: Collection[str]) -> Iterable[Playbook]:
    folder = files("streams.incidents.playbooks")
    for name in sorted(one.name for one in folder.iterdir() if one.name.endswith(".yaml")):
        located = parse_yaml((folder / name).read_text("utf-8"), name, PlaybooksError)
        yield _playbook(located, name.removesuffix(".yaml"), judge, clocks)


def _playbook(located: Located, stem: str, judge: Judge, clocks: Collection[str]) -> Playbook:
    data = located.data
    if not isinstance(data, dict):
        _fail(located, "$", "the file isn't a mapping", "Write `recognise:`, `first:` and so on")
    _refuse_unknown(located, data, Playbook, "$", besides=("source",))
    read = convert(located, Playbook, PlaybooksError)
    one = msgspec.structs.replace(read, playbook=read.playbook or stem, source=located.name)
    if _NAME.fullmatch(one.playbook) is None:
        remedy = "Write the `playbook` of the rules that it is for"
        _fail(located, "$.playbook", "`playbook` is no name of a playbook", remedy)
    if not one.deployments or not all(one.deployments):
        _fail(located, "$.deployments", "it holds for no deployment", "Name one, or remove the key")
    if one.severity is not None:
        _check_severity(located, one, one.severity)
    for key in _NEEDED if one.playbook != EVERY and not one.limits_only else ():
        if not getattr(one, key):
            _fail(located, f"$.{key}", f"`{key}` is missing or empty", f"Add `{key}:`")
    for key in ("recognise", "causes", "fixes"):
        for number, text in enumerate(getattr(one, key)):
            _text(located, f"$.{key}[{number}]", "the sentence", text)
    for key in _STEPS:
        for number, step in enumerate(getattr(one, key)):
            _check_step(located, f"$.{key}[{number}]", key, step, judge)
    for number, told in enumerate(one.tell):
        _check_tell(located, f"$.tell[{number}]", told, clocks)
    _check_taxonomy(located, one.taxonomy)
    return one


def _check_severity(located: Located, one: Playbook, severity: Kind) -> None:
    if one.playbook in (EVERY, FALLBACK):
        remedy = "Put it into the playbook of a kind"
        _fail(located, "$.severity", f"`{one.playbook}` has no limits of its own", remedy)
    place, wrong, remedy = problem_of_limits(severity)
    if wrong:
        _fail(located, f"$.severity.{place}" if place else "$.severity", wrong, remedy)


def _check_step(located: Located, path: str, part: str, step: Step, judge: Judge) -> None:
    for key in ("do", "expect", "stop"):
        if key == "do" or getattr(step, key):
            _text(located, f"{path}.{key}", f"`{key}`", getattr(step, key))
    if "outwatch " in step.do:
        _fail(located, f"{path}.do", "a command stands among the words", "Put it into `run:`")
    if step.run and step.promql:
        _fail(located, f"{path}.promql", "the step has two lines", "Make two steps of it")
    known = OF_INCIDENT if part == "first" else OF_INCIDENT | OF_SETTINGS
    for key in ("do", "run", "promql", "expect", "stop"):
        for name in PLACEHOLDER.findall(getattr(step, key)):
            if name not in known:
                what = named(name, known, "a name in braces")
                remedy = suggestion(name, known)
                _fail(located, f"{path}.{key}", f"{what} is filled by no incident", remedy)
    if part == "diagnose":
        for key in ("expect", "stop", "next"):
            if not getattr(step, key):
                _fail(located, path, f"the step has no `{key}`", f"Add `{key}:`")
        if not (step.run or step.promql):
            _fail(located, path, "the step has nothing to type", "Add `run:` or `promql:`")
    if step.run:
        # Names stand for one word each.
        wrong = problem(PLACEHOLDER.sub(_sample, step.run), judge)
        if part == "first" and not step.run.startswith("outwatch "):
            wrong = wrong or "the line doesn't begin with outwatch, and pages carry it"
        if wrong:
            _fail(located, f"{path}.run", wrong, "Write the line as it is to be typed")
    if step.promql and not _is_promql(step.promql):
        _fail(
            located,
            f"{path}.promql",
            "it is no expression of PromQL: a bracket is missing, or what it reads",
            "Try it in Prometheus first",
        )


def _sample(found: re.Match[str]) -> str:
    """A word that stands for a name while a line is checked."""
    samples = {
        **dict.fromkeys(("first", "worst"), "llm.outputs/0/1"),
        **dict.fromkeys(("partition", "offset"), "0"),
        "since": "2026-01-01T00:00:00Z",
    }
    return samples.get(found[1], "x")


def _is_promql(text: str) -> bool:
    open_: list[str] = []
    for one in re.sub(r'"(?:[^"\\]|\\.)*"', '""', text):
        if one in _PAIRS.values():
            open_.append(one)
        elif one in _PAIRS and (not open_ or open_.pop() != _PAIRS[one]):
            return False
    return not open_ and text.count('"') % 2 == 0 and _PROMQL.search(text) is not None


def _check_tell(located: Located, path: str, told: Tell, clocks: Collection[str]) -> None:
    _text(located, f"{path}.when", "`when`", told.when)
    if _TIME.fullmatch(told.by) is None and told.by not in clocks:
        what = named(told.by, clocks, "what stands there")
        remedy = suggestion(told.by, clocks, "Write 15m, 4h or 2d, or the id of a clock")
        _fail(located, f"{path}.by", f"{what} is neither a time nor a known clock", remedy)


def _check_taxonomy(located: Located, found: Taxonomy) -> None:
    for key, pattern in _IDS.items():
        for number, id_ in enumerate(getattr(found, key)):
            if pattern.fullmatch(id_) is None:
                remedy = "Write it as AML.T0054, LLM01 or 2.1"
                _fail(located, f"$.taxonomy.{key}[{number}]", f"it is no id of {key}", remedy)
    for number, risk in enumerate(found.nist):
        if risk not in NIST:
            remedy = suggestion(risk, NIST)
            _fail(located, f"$.taxonomy.nist[{number}]", "it is no risk of NIST AI 600-1", remedy)


def _refuse_twice(own: Iterable[Playbook]) -> None:
    seen: dict[tuple[str, str, str], str] = {}
    for one in own:
        parts = [] if one.limits_only else ["steps"]
        parts += [] if one.severity is None else ["severity"]
        for pattern, part in product(one.deployments, parts):
            first = seen.setdefault((one.playbook, pattern, part), one.source)
            if first != one.source:
                raise PlaybooksError(
                    one.source,
                    None,
                    f"stands for the same playbook and deployments as {first}",
                    "Keep one of the two, or give each its `deployments:`",
                )


def _refuse_unknown(
    located: Located, data: object, kind: type[Any], path: str, besides: tuple[str, ...] = ()
) -> None:
    """Refuses keys that a struct doesn't have, by their names and lines; and so on inside it."""
    if not isinstance(data, dict):
        return
    hints = get_type_hints(kind)
    known = [key for key in kind.__struct_fields__ if key not in besides]
    for key, value in data.items():
        if key not in known:
            what = named(key, known, "what stands there")
            remedy = suggestion(key, known)
            _fail(located, f"{path}.{key}", f"{what} is no key of playbooks", remedy)
        inside = [hints[key], *get_args(hints[key])]
        struct = next((one for one in inside if _is_struct(one)), None)
        if struct is None:
            continue
        many = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for number, part in many:
            at = f"{path}.{key}" if number is None else f"{path}.{key}[{number}]"
            _refuse_unknown(located, part, struct, at)


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _text(located: Located, path: str, what: str, text: str) -> None:
    check_text(located, path, what, text, _LONGEST, PlaybooksError)


def _fail(located: Located, path: str, what: str, remedy: str) -> NoReturn:
    raise PlaybooksError(located.name, located.line(path), what, remedy)
