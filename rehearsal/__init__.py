"""A composition of terraform/ alive on one machine: its hosts as namespaces, real programs in them, real packets."""
