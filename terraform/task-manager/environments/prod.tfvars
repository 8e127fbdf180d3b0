# The names that were asked for, a standby of the database, and everything protected.
instances      = { min = 2, max = 4 }
database       = { instance_class = "db.t4g.micro", multi_az = true }
monthly_budget = 160
