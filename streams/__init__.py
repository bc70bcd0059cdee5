"""From model outputs on a Kafka topic to incidents on another."""
