"""From a read record to its row in a verdict."""
