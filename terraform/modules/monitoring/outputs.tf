output "topic_arn" {
  description = "Topic the alarms are sent to."
  value       = aws_sns_topic.alarms.arn
}

output "alarm_names" {
  description = "Names of the alarms, by what they watch."
  value       = { for watched, alarm in aws_cloudwatch_metric_alarm.main : watched => alarm.alarm_name }
}
