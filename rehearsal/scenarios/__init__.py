"""What is done with a running composition, and what is measured."""
