"""The witnesses that stand on the wires: they pass on every byte and write down what they saw.

Each is a process of its own and outlives what it watches. They decode with cbor2 and the standard library alone, so
that a misreading of the protocol is not shared by accused and witness.
"""
