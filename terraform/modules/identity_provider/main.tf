# An identity provider by which people sign in: the secret of this site there, which a person fills, and the settings of the app.

# Without a value: the provider makes it, and it is put there by hand and in no state (docs/deployment.md).
resource "aws_secretsmanager_secret" "client" {
  name                    = "${var.name}/oidc-client-secret"
  description             = "OIDC_CLIENT_SECRET of ${var.name}: what the identity provider gave for this site"
  kms_key_id              = var.key_arn
  recovery_window_in_days = var.recovery_days
}
