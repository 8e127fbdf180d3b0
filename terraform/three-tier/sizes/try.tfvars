# To see it run: one of everything that can be one. A failure of a zone or of the database stops it.
tasks          = { min = 1, max = 2 }
database       = { instance_class = "db.t4g.micro", multi_az = false }
monthly_budget = 150
