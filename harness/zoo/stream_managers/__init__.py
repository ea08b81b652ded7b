"""Stream managers of the zoo; each can be run: `python -m harness.zoo.stream_managers.drops_a_batch`."""
