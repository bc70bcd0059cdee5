"""What people say of answers, heard over HTTP and sent to the topic of feedback."""
