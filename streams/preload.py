"""Imported once by the server that scoring processes are forked from.

What is imported here is shared between them, and a process that a record has killed is
replaced in a second instead of many. Only imports: a library that has started threads can't
be forked, so weights are loaded in each process.
"""

from contextlib import suppress
from importlib import import_module

import detectors
import streams.scoring

DETECTORS = detectors.available()
SCORING = streams.scoring.Scorer

for heavy in ("numpy", "spacy", "presidio_analyzer", "phonenumbers", "tldextract"):
    with suppress(ImportError):
        import_module(heavy)
