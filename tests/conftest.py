"""How many examples a property test tries: a few with every change, thousands in `nox -s proof`."""

from __future__ import annotations

import os

from hypothesis import settings

# Output differs in a workflow: a test says itself when it plays one.
os.environ.pop("GITHUB_ACTIONS", None)

settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("proof", max_examples=2000, deadline=None)
settings.load_profile("quick")
