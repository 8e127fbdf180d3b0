output "domain_name" {
  description = "Point the DNS record of the domain here (CNAME)."
  value       = aws_cloudfront_distribution.main.domain_name
}

output "zone_id" {
  description = "CloudFront's hosted zone, for alias records."
  value       = aws_cloudfront_distribution.main.hosted_zone_id
}
