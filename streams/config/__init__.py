"""Settings, security and YAML: what an operator writes, read and checked."""
