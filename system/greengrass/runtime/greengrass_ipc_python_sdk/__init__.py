"""The way from a function process to the core, and the program that runs a function."""
