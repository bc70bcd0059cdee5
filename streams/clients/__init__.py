"""What runs inside other people's programs and sends their models' outputs to Kafka."""
