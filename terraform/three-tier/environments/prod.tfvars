# The names that were asked for, a standby of the database, and everything protected.
tasks          = { min = 2, max = 6 }
database       = { instance_class = "db.t4g.small", multi_az = true }
monthly_budget = 220
