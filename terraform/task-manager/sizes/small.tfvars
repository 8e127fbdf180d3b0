# A team that accepts waiting for a restore: two instances in two zones, one database without standby.
instances      = { min = 2, max = 4 }
database       = { instance_class = "db.t4g.micro", multi_az = false }
monthly_budget = 150
