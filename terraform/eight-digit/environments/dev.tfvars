# Beside prod in one account: all names begin with dev-, and nothing refuses to be destroyed.
environment    = "dev"
protected      = false
tasks          = { min = 1, max = 2 }
monthly_budget = 26
