"""The only side effects: processes on this machine, SSH, HTTP, and a recording of them for tests."""
