"""Finds or installs what runs beside us: LocalStack, Node for its Kinesis, Toxiproxy."""
