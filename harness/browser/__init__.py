"""A headless browser that looks at a page as a person would: finds one on this machine, opens it, takes a picture."""
