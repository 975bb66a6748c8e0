"""What is so, asked by commands that change nothing and read by pure functions."""
