"""What the editions with real parts share: a site as a value, its register, ports, processes, links and pages."""
