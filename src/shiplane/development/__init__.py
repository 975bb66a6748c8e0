"""The development stack of a checkout: what Compose does of it, and what a person asks."""
