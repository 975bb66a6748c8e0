"""Whether the process, the database and Redis answer, and what release this is."""
