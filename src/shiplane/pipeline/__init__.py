"""Running a plan: the graph of steps, time limits, cancelling, and the journal of it all."""
