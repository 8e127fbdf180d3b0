output "secret_arn" {
  description = "ARN of the secret with OIDC_CLIENT_SECRET."
  value       = aws_secretsmanager_secret.client.arn
}

output "answer_url" {
  description = "Redirect address to register at the provider."
  value       = "https://${var.domain}/sign-in/provider/answer"
}

output "environment" {
  description = "Settings of the app that are no secret."
  value = {
    OIDC_ISSUER    = var.provider_settings.issuer
    OIDC_CLIENT_ID = var.provider_settings.client_id
    OIDC_NAME      = coalesce(var.provider_settings.name, split("/", var.provider_settings.issuer)[2])
    OIDC_SIGN_UP   = var.provider_settings.sign_up ? "1" : "0"
    PUBLIC_URL     = "https://${var.domain}"
  }
}
