"""Promises that bind: the policy, and sentences that commit to more than it allows."""

from detectors.commitment.detector import CommitmentDetector

__all__ = ["CommitmentDetector"]
