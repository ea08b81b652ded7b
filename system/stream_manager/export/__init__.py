"""Which messages leave for the cloud, when, and in what order: batch rule, back-off, priority. Pure."""
