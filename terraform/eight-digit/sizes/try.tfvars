# To see it run: one task with a public address of its own.
exposure       = "public-task"
tasks          = { min = 1, max = 2 }
monthly_budget = 26
