"""Scripts that are run inside hosts, and stand-ins for programs there."""

from pathlib import Path

FOLDER = Path(__file__).parent
