"""The pages in docs/rehearsal."""
