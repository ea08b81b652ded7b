"""IoT: things, certificates, policies, by moto; what moto only pretends is done here."""
