# Continues after the failure of a zone: a host of nginx in each of two zones (needs zone_id), tasks in each zone, a
# standby of the database, a NAT gateway for each zone.
front          = "two"
tasks          = { min = 3, max = 9 }
task_size      = { cpu = 512, memory = 1024 }
database       = { instance_class = "db.t4g.medium", multi_az = true, backup_days = 14 }
nat            = "per-zone"
monthly_budget = 480
