"""Rules across fields: what no field can say of itself."""
