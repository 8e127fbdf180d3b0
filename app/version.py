"""The version of this product. The number stands here; a test compares whatever repeats it."""

# Semantic (https://semver.org/): from 1.0.0 on, what operators or programs have to change for raises the first number.
VERSION = "0.9.0"
