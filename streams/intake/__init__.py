"""From bytes on a topic to values: one file per format."""
