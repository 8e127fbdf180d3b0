# The bucket for the state of the compositions. Its own state is a local file; if that is lost, the bucket must be imported.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "notes", Composition = "bootstrap" }
  }
}

module "key" {
  source = "../modules/data_key"

  name = var.name
}

module "state" {
  source = "../modules/bucket"

  name             = var.name
  key_arn          = module.key.arn
  kept             = true
  old_version_days = 365
}

module "guardduty" {
  source = "../modules/guardduty"
  count  = var.guardduty ? 1 : 0
}
