# Two tasks in two zones, each with a public address.
exposure       = "public-task"
tasks          = { min = 2, max = 4 }
monthly_budget = 50
