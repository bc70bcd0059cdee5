"""What can be set of a receiver, secrets included: from the settings, a variable or a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from streams.config.yamlfile import unvalued
from streams.errors import UsageError
from streams.suggest import named, suggestion

T = TypeVar("T", bound=msgspec.Struct)


class Secret:
    """A text that is shown nowhere; `reveal` it where it is used."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __bool__(self) -> bool:
        return bool(self._text)


def read_options(
    kind: type[T], data: Mapping[str, Any], place: str, environ: Mapping[str, str]
) -> T:
    """The options of a receiver type, from what stands under `place` in the settings.

    A field `key` of the type `Secret` is given as `key`, as `key_env` (the name of a
    variable) or as `key_file` (a file, read once; blanks around its text don't count).
    Raises `UsageError` with the place and the remedy; it never quotes a secret.
    """
    fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
    secrets = {name for name, type_ in fields.items() if _is_secret(type_)}
    known = set(fields) | {f"{name}_{how}" for name in secrets for how in ("env", "file")}
    for key in data:
        if key not in known:
            hint = suggestion(key, sorted(known))
            if named(key, known, "") == "":
                raise UsageError(f"`{place}`: something there is not a setting. {hint}")
            raise UsageError(f"`{place}.{key}` is not a setting. {hint}")
    values = {key: value for key, value in data.items() if key in fields}
    for name in secrets:
        given = [key for key in (name, f"{name}_env", f"{name}_file") if data.get(key)]
        if len(given) > 1:
            raise UsageError(
                f"`{place}`: {' and '.join(f'`{key}`' for key in given)} are both given. Keep one"
            )
        if given:
            values[name] = _secret(given[0], name, data[given[0]], place, environ)
    for field in msgspec.structs.fields(kind):
        if field.required and field.name not in values:
            ways = f" (or `{field.name}_env`, `{field.name}_file`)" if field.name in secrets else ""
            raise UsageError(f"`{place}.{field.name}` is missing. Set it{ways}")
    try:
        return msgspec.convert(values, kind, dec_hook=_keep_secret)
    except msgspec.ValidationError as failure:
        problem, _, path = str(failure).rpartition(" - at ")
        problem, path = (problem, path) if problem else (path, "")
        problem = unvalued(problem)
        path = path.strip("`").removeprefix("$").lstrip(".")
        raise UsageError(
            f"`{place}{'.' if path else ''}{path}`: {problem[:1].lower()}{problem[1:]}. "
            "Correct the value, or take it out to get the default"
        ) from None


def _is_secret(kind: Any) -> bool:
    return kind is Secret or Secret in getattr(kind, "__args__", ())


def _secret(key: str, name: str, value: Any, place: str, environ: Mapping[str, str]) -> Secret:
    if not isinstance(value, str):
        raise UsageError(f"`{place}.{key}` is no text. Put it in quotes")
    if key == name:
        text = value
    elif key.endswith("_env"):
        text = environ.get(value, "")
        if not text.strip():
            raise UsageError(
                f"`{place}.{key}`: the variable named there is not set. Set it for `outwatch "
                f"pager`, or use `{name}_file`"
            )
    else:
        try:
            text = Path(value).expanduser().read_text(encoding="utf-8")
        except (OSError, ValueError) as failure:
            why = getattr(failure, "strerror", None) or type(failure).__name__
            raise UsageError(
                f"`{place}.{key}`: the file can't be read ({why}). Check its path and permissions"
            ) from None
        if not text.strip():
            raise UsageError(f"`{place}.{key}`: the file is empty. Write the secret into it")
    return Secret(text.strip())


def _keep_secret(kind: type[Any], value: Any) -> Any:
    if kind is Secret and isinstance(value, Secret):
        return value
    raise msgspec.ValidationError("Expected `str`")
