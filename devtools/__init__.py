"""Servers, browsers and an emulated AWS, started for tests, the rehearsal, benchmarks and `make`."""
