"""system.greengrass."""
