"""`outwatch incident contain`: says that it can hurt nobody any more, or makes it so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from streams.cli._act import act_options, send
from streams.cli._actor import actor
from streams.cli._found import followed, named, read_incidents
from streams.cli._say import say, say_json
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.inert import line

if TYPE_CHECKING:
    from streams.containment.order import Doing


@click.command()
@click.argument("id_", metavar="ID")
@click.option(
    "--action", "name", metavar="NAME", help="A configured action: show what it would do."
)
@click.option("--run", "run", is_flag=True, help="Do it.")
@click.option("--undo", is_flag=True, help="Take it back.")
@click.option("--probe", "probe", is_flag=True, help="Look whether it works.")
@click.option("--approve", "approve", is_flag=True, help="As the second person.")
@click.option("--self-approve", "alone", is_flag=True, help="Alone in an emergency: all are told.")
@click.option("--reason", default="", help="The same as --message.")
@click.option("--anyway", is_flag=True, help="Though it is for another kind, or changes nothing.")
@click.option(
    "--without-answer", "unheard", is_flag=True, help="Call it though no worker answers the order."
)
@act_options("How it was contained, or why.")
def contain(
    settings: Settings,
    id_: str,
    name: str | None,
    run: bool,
    undo: bool,
    probe: bool,
    approve: bool,
    alone: bool,
    reason: str,
    anyway: bool,
    unheard: bool,
    **common: Any,
) -> None:
    """Say that it can hurt nobody any more, though its cause isn't found yet; or make it so.

    Without --action it is contained by your statement, which -m has to give. With it, what a
    configured action would send is shown, and --run sends it: then it is contained when the
    action's probe passes and no rule of the incident is broken by what came since.
    """
    common["message"] = "\n".join(filter(None, (common["message"], reason)))
    doings: dict[Doing, bool] = {"run": run, "probe": probe, "approve": approve}
    chosen = [one for one, wished in doings.items() if wished]
    if name is None:
        if chosen or undo or alone or anyway or unheard:
            raise UsageError("Nothing was sent: --action says which action you mean")
        if not common["message"].strip():
            raise UsageError(
                "Nothing was sent: say with -m how it was contained, as nothing else tells whoever"
                " reads it later; or name a configured action with --action, to see what it would"
                " do"
            )
        send(settings, id_, "contain", common)
        return
    _together(chosen, undo, alone, unheard)
    from streams.containment.order import Wish, contain_by

    known = read_incidents(settings)
    incident, note = followed(known, named(known, id_))
    if note and not common["as_json"]:
        say(line(note))
    wish = Wish(
        name=name,
        actor=actor(),
        doing=chosen[0] if chosen else "show",
        undo=undo,
        reason=common["message"],
        alone=alone,
        anyway=anyway,
        unheard=unheard,
        wait_s=common["wait"],
        revision=common["revision"],
        as_json=common["as_json"],
        order=common["act_id"] or "",
    )
    contain_by(settings, incident, wish, _Voice())


class _Voice:
    """Prints what is done while it is."""

    def say(self, text: str) -> None:
        say(text)

    def warn(self, text: str) -> None:
        say(text, err=True)

    def document(self, value: object) -> None:
        say_json(value, indented=isinstance(value, dict))


def _together(chosen: list[Doing], undo: bool, alone: bool, unheard: bool) -> None:
    """Raises `UsageError` for options that contradict one another."""
    wrong = ""
    if len(chosen) > 1:
        wrong = f"--{' and --'.join(chosen)} don't go together. Give one of them"
    elif undo and chosen == ["probe"]:
        wrong = "--undo and --probe don't go together: only the action itself is probed"
    elif alone and chosen != ["run"]:
        wrong = "--self-approve goes with --run"
    elif unheard and chosen != ["run"]:
        wrong = "--without-answer goes with --run"
    if wrong:
        raise UsageError(f"Nothing was sent: {wrong}")
