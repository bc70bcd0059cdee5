"""Leaves out of the doctests what needs torch where it isn't installed: CI has it."""

from __future__ import annotations

import importlib.util

_NEED_TORCH = (
    *("encoder/export.py", "encoder/fit.py", "encoder/gloss.py", "encoder/recipe.py"),
    *("hallucination/words.py", "meaning/layers.py", "meaning/tune.py"),
)

collect_ignore = [] if importlib.util.find_spec("torch") else list(_NEED_TORCH)
