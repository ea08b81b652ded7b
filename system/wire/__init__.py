"""The Stream Manager protocol as values: operations, frames, definitions, messages. No input or output here."""
