"""The thin ends: Invoke tasks, Nox sessions, and the one place where errors become exit codes."""
