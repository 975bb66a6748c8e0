"""Pure builders of argv: nothing here starts a process."""
