"""The option that chooses a seed."""

import click

seed_option = click.option(
    "--seed",
    type=int,
    help="Decides what a scenario leaves open; by default the scenario's own seed, which is 1 where it names none.",
)
