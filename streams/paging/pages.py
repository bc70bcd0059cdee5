"""The name under which receivers of third parties know `streams.paging.contract`."""

from streams.paging.contract import Answer, KeepsAlive, Page, Receiver

__all__ = ["Answer", "KeepsAlive", "Page", "Receiver"]
