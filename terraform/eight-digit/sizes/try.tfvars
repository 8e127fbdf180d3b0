# A trial: one task with a public address.
exposure       = "public-task"
tasks          = { min = 1, max = 2 }
monthly_budget = 26
