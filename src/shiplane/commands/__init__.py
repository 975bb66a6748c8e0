"""Pure builders: what is to be run or written, as values."""
