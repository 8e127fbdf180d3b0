# One row of the table yields the way out of one group and the way into the other, and nothing else.

mock_provider "aws" {}

run "a_row_between_two_roles_has_two_halves" {
  command = plan

  module {
    source = "./security_groups"
  }

  variables {
    name   = "test"
    vpc_id = "vpc-1"
    roles  = { app = "The app", database = "MySQL" }
    rules  = [{ from = "app", to = "database", port = 3306 }]
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.main) == ["app to database 3306"]
    error_message = "The database lets the app in."
  }

  assert {
    condition     = keys(aws_vpc_security_group_egress_rule.main) == ["app to database 3306"]
    error_message = "The app may go out to the database."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.main["app to database 3306"].cidr_ipv4 == null
    error_message = "A role is a group, not a range."
  }
}

run "a_row_from_outside_has_one_half" {
  command = plan

  module {
    source = "./security_groups"
  }

  variables {
    name   = "test"
    vpc_id = "vpc-1"
    roles  = { nginx = "The door" }
    rules  = [{ from = "world", to = "nginx", port = 443 }]
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.main) == 0 && length(aws_vpc_security_group_ingress_rule.main) == 1
    error_message = "The world is let in, and nothing is let out."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.main["world to nginx 443"].cidr_ipv4 == "0.0.0.0/0"
    error_message = "The world is 0.0.0.0/0."
  }
}
