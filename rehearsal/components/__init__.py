"""What runs in the hosts: load balancer, app, database and the others; `stacks` puts a composition together."""
