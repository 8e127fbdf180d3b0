"""Tests that drive a real browser against the app under gunicorn."""
