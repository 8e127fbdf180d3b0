# Behind a load balancer with TLS, in private subnets of two zones. The one NAT gateway is in the first zone: its failure
# stops new tasks from starting, not the tasks that run.
exposure       = "load-balancer"
tasks          = { min = 2, max = 6 }
monthly_budget = 220
