"""Credentials: formats, candidates, placeholders and the scorer."""

from detectors.secrets.detector import KINDS, SecretsDetector

__all__ = ["KINDS", "SecretsDetector"]
