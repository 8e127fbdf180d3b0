# Two tasks in two zones, still reached by their own addresses.
exposure       = "public-task"
tasks          = { min = 2, max = 4 }
monthly_budget = 50
