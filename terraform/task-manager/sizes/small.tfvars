# For a team that can wait for a database to be restored: two instances in two zones, one database.
instances      = { min = 2, max = 4 }
database       = { instance_class = "db.t4g.micro", multi_az = false }
monthly_budget = 150
