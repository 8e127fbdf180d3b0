# For a team that can wait for a database to be restored: two tasks in two zones, one database.
tasks          = { min = 2, max = 6 }
database       = { instance_class = "db.t4g.small", multi_az = false }
monthly_budget = 200
