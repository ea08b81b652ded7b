"""The simulated disk, under the name that the tests of the stream manager know it by."""

from harness.environments.simulated.disk import SimulatedDisk, SimulatedFile

__all__ = ["SimulatedDisk", "SimulatedFile"]
