"""What happens when the protocol is run: rows or a population, settings → results."""
