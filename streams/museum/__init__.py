"""Confirmed attacks, kept without what is private, for detectors to know and models to learn of."""
