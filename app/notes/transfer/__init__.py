"""Notes as Markdown files: out to a folder or a ZIP file, and in again from there or from anywhere else."""
