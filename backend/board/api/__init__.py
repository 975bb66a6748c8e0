"""The board's HTTP interface."""
