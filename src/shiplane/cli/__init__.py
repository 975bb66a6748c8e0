"""The thin ends: Invoke tasks, Nox sessions, and the one place where errors become exit codes."""

import sys

# Invoke has Python compile every module again at each command (its --write-pyc is off by default): 0.15 s.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
