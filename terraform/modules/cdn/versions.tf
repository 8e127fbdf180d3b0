terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
      # CloudFront's certificates and firewalls live in us-east-1, whatever region the rest is in.
      configuration_aliases = [aws.us_east_1]
    }
  }
}
