# The names that were asked for, and everything protected.
tasks          = { min = 2, max = 4 }
monthly_budget = 60
