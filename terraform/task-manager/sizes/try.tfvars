# A trial: one instance, one database. A failure of a zone or of the database stops the site.
instances      = { min = 1, max = 2 }
database       = { instance_class = "db.t4g.micro", multi_az = false }
monthly_budget = 130
