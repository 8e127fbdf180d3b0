output "backend" {
  description = "Save this as a file for -backend-config, for example prod.s3.tfbackend; the key of a composition's state is given beside it."
  value       = <<-HCL
    bucket       = "${module.state.name}"
    region       = "${var.region}"
    encrypt      = true
    kms_key_id   = "${module.key.arn}"
    use_lockfile = true
  HCL
}
