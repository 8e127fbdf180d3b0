"""The version of this product, and of the build that runs. The number stands here and nowhere else."""

from __future__ import annotations

import os

# Semantic (https://semver.org/): what operators and programs must change for raises the first number, from 1.0.0 on.
VERSION = "0.9.0"
# The commit that an image was built from; empty where the sources run as they lie.
BUILD = os.environ.get("BUILD", "")
