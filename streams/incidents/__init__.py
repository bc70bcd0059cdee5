"""Incidents: what a person who is woken at 3 a.m. needs to know and to do."""
