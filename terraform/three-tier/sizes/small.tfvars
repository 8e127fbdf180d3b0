# A team that accepts waiting for a restore: two tasks in two zones, one database without standby.
tasks          = { min = 2, max = 6 }
database       = { instance_class = "db.t4g.small", multi_az = false }
monthly_budget = 200
