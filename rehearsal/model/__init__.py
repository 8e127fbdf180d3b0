"""The composition as Terraform's state describes it."""
