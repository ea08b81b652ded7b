"""What the pytest plugin is made of, each part imported when a suite uses it; the plugin is `harness.pytest_plugin`."""
