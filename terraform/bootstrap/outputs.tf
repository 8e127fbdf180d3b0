output "backend" {
  description = "Put this into backend.tf of a composition, with a key of its own, and run terraform init."
  value       = <<-HCL
    terraform {
      backend "s3" {
        bucket       = "${module.state.name}"
        key          = "COMPOSITION.tfstate"
        region       = "${var.region}"
        encrypt      = true
        kms_key_id   = "${module.key.arn}"
        use_lockfile = true
      }
    }
  HCL
}
