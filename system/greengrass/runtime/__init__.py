"""What function processes import: this directory stands first in their PYTHONPATH.

The packages below are found there by their own names, run in the function's interpreter (not ours), and use the
standard library only.
"""
