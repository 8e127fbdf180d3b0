output "domain_name" {
  description = "Point the DNS record of the domain here (CNAME)."
  value       = aws_cloudfront_distribution.main.domain_name
}
