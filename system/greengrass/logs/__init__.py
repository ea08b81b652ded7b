"""Log files of the documented shape and size, and their way to CloudWatch Logs."""
