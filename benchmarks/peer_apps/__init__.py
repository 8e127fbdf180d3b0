"""What benchmarks/peers.py compares the notes with; each has an environment of its own, in build/peers."""
