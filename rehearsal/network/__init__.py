"""Hosts as Linux namespaces, what connects them, and packet rules."""
