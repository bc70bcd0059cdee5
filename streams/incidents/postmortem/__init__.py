"""The post-mortem of an incident: what logs and stored verdicts say, and what they don't."""
