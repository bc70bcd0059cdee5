"""Rules: read from YAML, their conditions, and the panes that they are judged on."""
