"""MQTT over TLS for the devices on the site: a broker in a process of its own, and the bridge between it and the core.

The broker lets devices in and speaks their protocol; who may send what to whom is decided by the router alone. Nothing
here knows Greengrass v1.
"""
