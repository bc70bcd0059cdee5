"""What the jailbreak detector reads prompts and documents with."""
