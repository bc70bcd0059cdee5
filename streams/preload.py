"""Imported once by the server that scoring processes are forked from.

What is imported here is shared between them, and a process that a record has killed is
replaced in milliseconds instead of seconds.
"""

import detectors
import streams.scoring

DETECTORS = detectors.available()
SCORING = streams.scoring.Scorer
