"""What the `commitment` detector reads: the policy, and sentences that commit."""
