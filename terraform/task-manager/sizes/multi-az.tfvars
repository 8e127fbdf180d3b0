# Continues after the failure of a zone: an instance in each zone, a standby of the database, a NAT gateway for each
# zone.
instances      = { min = 2, max = 6 }
database       = { instance_class = "db.t4g.small", multi_az = true, backup_days = 14 }
nat            = "per-zone"
monthly_budget = 350
