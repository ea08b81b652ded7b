"""What `greengrasssdk` expects a core to provide: names from the environment, and Lambda ARNs."""
