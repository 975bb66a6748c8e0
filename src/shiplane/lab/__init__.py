"""The lab: a registry and stand-in servers on this machine, with real SSH and real engines."""
