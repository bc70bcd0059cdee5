"""Somebody at the console, and what they may do."""

from __future__ import annotations

from typing import Final

import msgspec

from streams.config.settings import Role

ROLES: Final[tuple[Role, ...]] = ("look", "act", "originals")
"""Each may do what those before it may."""


class Visitor(msgspec.Struct, frozen=True):
    """Somebody at the console: their name, what they may do, and the id of their session.

    `proof` is what let them in: of a token its hash, "local" or "proxy". `until` is when the
    session ends, in seconds since the epoch.
    """

    name: str
    role: Role
    session: str
    proof: str
    until: float

    def may(self, role: Role) -> bool:
        """Whether they have a role, or one above it."""
        return ROLES.index(self.role) >= ROLES.index(role)
