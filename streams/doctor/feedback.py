"""What may be wrong where feedback is taken over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from streams.config.settings import Settings
from streams.doctor.check import Check, ok
from streams.errors import OutwatchError
from streams.health import heard_at
from streams.words import count


def check_feedback(settings: Settings) -> Iterator[Check]:
    """Whether feedback over HTTP would be taken; nothing where no tokens are set."""
    from streams.feedback.serve import tokens_path
    from streams.feedback.tokens import read_tokens

    mine = settings.feedback
    if not mine.tokens:
        return
    path = tokens_path(settings)
    try:
        tokens = read_tokens(path)
    except OutwatchError as error:
        yield Check("feedback", "fail", str(error), "")
        return
    if path.stat().st_mode & 0o007:
        found = "everybody on this machine may read the file of tokens"
        yield Check("feedback", "warn", found, f"chmod o-rwx {path}")
    if not (mine.per_token and mine.per_address):
        yield Check(
            "feedback",
            "warn",
            "whoever has a token, or guesses, isn't limited",
            "Set `feedback.per_token` and `feedback.per_address` above 0",
        )
    origins = f"; browsers of {', '.join(mine.origins)} may send" if mine.origins else ""
    said = f"{count(len(tokens), 'token')} for {heard_at(mine.host, mine.port)}/feedback{origins}"
    yield ok("feedback", said)
