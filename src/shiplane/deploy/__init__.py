"""Putting a release on an environment: bundle, rollout, verify, rollback."""
