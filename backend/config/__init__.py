"""Configuration of the board's backend."""

__version__ = "1.0.0"
