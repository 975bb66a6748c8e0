"""How many examples a property test tries: a few with every change, thousands in `nox -s proof`."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from hypothesis import settings

# Output differs in a workflow: a test says itself when it plays one.
os.environ.pop("GITHUB_ACTIONS", None)

# Commands that tests start find what Python has compiled, as everybody's do: some machines forbid to keep it. It is
# kept beside the trees, for tests look at what is left there; the workers of one session share it.
if "PYTHONPYCACHEPREFIX" not in os.environ:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = _compiled = tempfile.mkdtemp(prefix="shiplane-compiled-")
    atexit.register(shutil.rmtree, _compiled, ignore_errors=True)

settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("proof", max_examples=2000, deadline=None)
settings.load_profile("quick")
