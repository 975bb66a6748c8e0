"""What people read of a run: live console, summary, board; all drawn from the journal."""
