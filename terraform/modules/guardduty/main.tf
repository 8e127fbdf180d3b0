# GuardDuty: one detector for an account and region, so it belongs to no composition.

resource "aws_guardduty_detector" "main" {
  enable                       = true
  finding_publishing_frequency = "FIFTEEN_MINUTES"
}
