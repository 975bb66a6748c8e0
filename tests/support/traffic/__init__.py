"""Requests at a fixed rate, from a process of its own, by a client that never retries and hides nothing."""
