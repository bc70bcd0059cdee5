"""Commands that have commands below them: options stand before or after the verb, and a verb
mistyped is told with the nearest one."""

from __future__ import annotations

from collections.abc import Mapping

import click

from streams.suggest import suggestion


class Verbs(click.Group):
    """A group whose own options may also come after the verb, and the verb's before it.

    `aliases` are other names of verbs, which no list shows.
    """

    aliases: Mapping[str, str] = {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts each option where it belongs."""
        return super().parse_args(ctx, self._sorted(ctx, list(args)))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of a verb. Raises `UsageError` for an unknown one."""
        verb = args[0]
        if self.get_command(ctx, verb) is None and not ctx.resilient_parsing:
            kind = "option" if verb.startswith("-") else "command"
            hint = suggestion(verb, self.list_commands(ctx))
            ctx.fail(f"there is no {kind} {verb!r}. {hint}")
        return super().resolve_command(ctx, args)

    def _is_verb(self, ctx: click.Context, word: str) -> bool:
        return word in self.list_commands(ctx) or word in self.aliases

    def _sorted(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Our options, the verb, and what is the verb's; as it came where there is no verb."""
        ours = {
            name: isinstance(option, click.Option) and not option.is_flag
            for option in self.get_params(ctx)
            for name in option.opts
        }
        takes_value = {name: value and not _final(name) for name, value in ours.items()}
        own: list[str] = []
        rest: list[str] = []
        verb: str | None = None
        words = iter(args)
        for word in words:
            if word == "--":
                rest += [word, *words]
                break
            name, equals, _ = word.partition("=")
            if name in ours and word.startswith("--" if equals else "-"):
                # After the verb, help is the verb's.
                if verb is not None and _final(name):
                    rest.append(word)
                    continue
                own.append(word)
                if takes_value[name] and not equals:
                    own += [value for value in [next(words, None)] if value is not None]
            elif verb is None and self._is_verb(ctx, word):
                verb = word
            else:
                rest.append(word)
        if verb is None:
            return args
        return [*own, verb, *rest]


def _final(name: str) -> bool:
    return name in ("-h", "--help", "--version")
