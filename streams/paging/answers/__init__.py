"""What people say back by the service that told them, as acts."""
