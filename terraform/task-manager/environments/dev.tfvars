# Beside prod in one account: all names begin with dev-, and nothing refuses to be destroyed.
environment    = "dev"
protected      = false
instances      = { min = 1, max = 2 }
database       = { instance_class = "db.t4g.micro", multi_az = false }
monthly_budget = 130
