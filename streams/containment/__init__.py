"""Containment actions: what is configured, what would be sent, and what came of it."""
