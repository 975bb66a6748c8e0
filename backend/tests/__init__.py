"""Tests of the backend, on a real PostgreSQL and a real Redis."""
