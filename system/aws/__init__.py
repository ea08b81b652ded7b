"""Clients of the cloud, and the model of a service that botocore no longer brings."""
