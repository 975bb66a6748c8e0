"""Tests that share a lab, which goes with the last of them."""
