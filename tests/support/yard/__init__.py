"""A small application on the project's own compose files and proxy, deployed to a lab by whole commands."""
