"""What `detectors.secrets` is made of: formats, candidates, placeholders and the scorer."""
