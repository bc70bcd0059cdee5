"""The lines that a playbook lets people type: which programs, and with which options."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping

Judge = Callable[[list[str]], str]
"""Says what is wrong with the words after `outwatch`; "" where nothing is."""

_CONNECT = {"--bootstrap-server": True, "--command-config": True}
KAFKA: Mapping[str, Mapping[str, bool]] = {
    "kafka-console-consumer.sh": {
        "--bootstrap-server": True,
        "--command-config": True,
        "--consumer.config": True,
        "--formatter-property": True,
        "--from-beginning": False,
        "--group": True,
        "--isolation-level": True,
        "--max-messages": True,
        "--offset": True,
        "--partition": True,
        "--property": True,
        "--timeout-ms": True,
        "--topic": True,
    },
    "kafka-consumer-groups.sh": {
        **_CONNECT,
        "--all-groups": False,
        "--describe": False,
        "--group": True,
        "--list": False,
        "--members": False,
        "--state": False,
        "--timeout": True,
    },
    "kafka-get-offsets.sh": {
        **_CONNECT,
        "--partitions": True,
        "--time": True,
        "--topic": True,
        "--topic-partitions": True,
    },
    "kcat": {
        "-C": False,
        "-F": True,
        "-G": True,
        "-L": False,
        "-Q": False,
        "-X": True,
        "-b": True,
        "-c": True,
        "-e": False,
        "-f": True,
        "-o": True,
        "-p": True,
        "-q": False,
        "-t": True,
    },
}
"""Kafka's programs that only look, with their options: whether each has a value."""

_SHELL = frozenset({"|", "||", "&", "&&", ";", ">", ">>", "<", "(", ")"})


def no_judge(words: list[str]) -> str:
    """Finds nothing wrong."""
    return ""


def problem(text: str, judge: Judge = no_judge) -> str:
    """What is wrong with a line to type; "" where nothing is. It never repeats what isn't known."""
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError as failure:
        return f"the line can't be read as a shell reads it ({failure})"
    if not words:
        return "the line is empty"
    if _SHELL.intersection(words) or "`" in text or "$(" in text:
        return "the line has more than one command, or leads elsewhere"
    program, *rest = words
    if program == "outwatch":
        return judge(rest)
    if program not in KAFKA:
        return f"the line begins with none of outwatch, {', '.join(KAFKA)}"
    return _kafka_problem(program, rest)


def _kafka_problem(program: str, words: list[str]) -> str:
    options = KAFKA[program]
    rest = iter(words)
    for word in rest:
        name, equals, _ = word.partition("=")
        if name not in options:
            return f"{program} has an option here that isn't known"
        if equals and not options[name]:
            return f"{program} takes no value for {name}"
        if options[name] and not equals and next(rest, None) is None:
            return f"{program} wants a value for {name}"
    return ""
