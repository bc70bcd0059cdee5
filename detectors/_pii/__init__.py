"""The parts of the `pii` detector: its recognizers, its pre-filter and Presidio's engine."""
