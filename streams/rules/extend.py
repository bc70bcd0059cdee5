"""Rules that say how they differ from those that come with outwatch.

```yaml
extends: default
changes:
  refusals: {rate_above: 0.5, severity: low}
remove: [form-verse]
rules:
  - {id: bank-account, signal: pii.iban_code, immediate: true, severity: critical}
```

A change replaces the keys that it names. Another kind of condition takes the place of the
rule's own, and of what means nothing beside it.
"""

from __future__ import annotations

from typing import Any

from streams.config.yamlfile import Located
from streams.errors import RulesError
from streams.rules import conditions
from streams.rules.values import Values, nearest, quoted

DEFAULT = "default"
_KEYS = ("extends", "changes", "remove", "rules")


def extended(located: Located, defaults: Located) -> list[tuple[Values, bool]]:
    """The rules that a mapping makes of the default ones, and of each whether it is as it was.

    Raises `RulesError`.
    """
    name, data = located.name, located.data
    for key in data:
        if key not in _KEYS:
            problem = f"unknown key {quoted(key, _KEYS, '')}".rstrip()
            raise RulesError(name, located.line(f"$.{key}"), problem, nearest(key, _KEYS))
    if data.get("extends") != DEFAULT:
        remedy = "Write extends: default, for the rules that come with outwatch."
        raise RulesError(name, located.line("$.extends"), "there is nothing to extend", remedy)
    changes = _mapping(located, "changes")
    removed = _list(located, "remove")
    added = _list(located, "rules")
    base = {rule["id"]: (number, rule) for number, rule in enumerate(defaults.data)}
    for key in changes:
        _known(located, f"$.changes.{key}", key, base)
    for number, key in enumerate(removed):
        _known(located, f"$.remove[{number}]", key, base)
        if key in changes:
            problem = f"the rule {key!r} is changed and removed"
            raise RulesError(
                name, located.line(f"$.remove[{number}]"), problem, "Keep one of both."
            )
    made: list[tuple[Values, bool]] = []
    for id_, (number, rule) in base.items():
        if id_ in changes:
            made.append((_changed(located, id_, rule), False))
        elif id_ not in removed:
            made.append((Values(defaults, f"$[{number}]", rule), True))
    for number, rule in enumerate(added):
        values = Values(located, f"$.rules[{number}]", rule)
        id_ = values.given.get("id")
        if isinstance(id_, str) and id_ in base and id_ not in removed:
            remedy = "Say under `changes` what is to be different, or choose another id."
            values.fail("id", f"{id_!r} is one of the rules that come with outwatch", remedy)
        made.append((values, False))
    return made


def _changed(located: Located, id_: str, rule: dict[str, Any]) -> Values:
    path = f"$.changes.{id_}"
    given = located.data["changes"][id_]
    if not isinstance(given, dict) or not given:
        problem = f"the change of {id_!r} must be a mapping"
        remedy = "Name what is to be different, such as {severity: low}."
        raise RulesError(located.name, located.line(path), problem, remedy)
    if "id" in given:
        remedy = "Remove this line, or remove the rule and add another under `rules`."
        raise RulesError(located.name, located.line(f"{path}.id"), "a rule keeps its id", remedy)
    kept = dict(rule)
    kind = next((one for one in conditions.KINDS if one.key in given), None)
    if kind is not None:
        idle = {one.key for one in conditions.KINDS}
        idle |= {"record_above", "record_above_in"} if kind.own_bar else set()
        idle |= {"at_least"} if kind.at_once else set()
        idle |= {"baseline_records"} if not kind.baseline else {"by"}
        kept = {key: value for key, value in kept.items() if key not in idle}
    return Values(located, path, kept | given)


def _known(located: Located, path: str, key: object, base: dict[str, Any]) -> None:
    if not isinstance(key, str) or key not in base:
        what = quoted(key, base, "that stands there")
        problem = f"no rule that comes with outwatch has the id {what}"
        remedy = nearest(str(key), list(base))
        raise RulesError(located.name, located.line(path), problem, remedy)


def _mapping(located: Located, key: str) -> dict[str, Any]:
    value = located.data.get(key, {})
    if not isinstance(value, dict):
        problem = f"{key} must be a mapping"
        remedy = "Write the id of a rule, a colon and what is to be different."
        raise RulesError(located.name, located.line(f"$.{key}"), problem, remedy)
    return value


def _list(located: Located, key: str) -> list[Any]:
    value = located.data.get(key, [])
    if not isinstance(value, list):
        problem, remedy = f"{key} must be a list", "Start each item with - , or write [a, b]."
        raise RulesError(located.name, located.line(f"$.{key}"), problem, remedy)
    return value
