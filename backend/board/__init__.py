"""Environments, releases and pipeline runs, as the pipeline reports them."""
