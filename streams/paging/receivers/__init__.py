"""One file a service that pages go to."""
