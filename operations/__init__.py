"""What operators run beside Terraform: it reads Terraform's plans and state, or drills what Terraform made."""
