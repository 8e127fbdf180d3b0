"""Who may reach whom, written by hand: what is computed from AWS's answers, and tried with packets, must equal it."""

HTTP = {"80", "443"}

THREE_TIER = {
    # The mission's table, with the load balancer between nginx and the app.
    ("world", "nginx"): HTTP,
    ("admin", "nginx"): HTTP,
    ("admin", "bastion"): {"22"},
    ("nginx", "app"): {"5000"},
    ("nginx", "balancer"): {"5000"},
    ("balancer", "app"): {"5000"},
    ("app", "database"): {"3306"},
    ("bastion", "database"): {"3306"},
    # Ways out: packages, certificate authority, AWS services.
    ("nginx", "world"): HTTP,
    ("nginx", "admin"): HTTP,
    ("bastion", "world"): HTTP,
    ("bastion", "admin"): HTTP,
    ("app", "world"): {"443"},
    ("app", "admin"): {"443"},
    # Whoever may go anywhere may come to the door that is open to anybody.
    ("bastion", "nginx"): HTTP,
    ("app", "nginx"): {"443"},
}

# Without NAT, tasks reach AWS by endpoints and nothing else; nginx's logs go there too, as the name leads there.
THREE_TIER_WITHOUT_NAT = {
    pair: ports for pair, ports in THREE_TIER.items() if pair[0] != "app" or pair[1] not in {"world", "admin", "nginx"}
} | {("app", "endpoints"): {"443"}, ("nginx", "endpoints"): {"443"}}

# The task manager's, behind whatever stands before its load balancer.
BEHIND_THE_BALANCER = {
    ("balancer", "app"): {"80"},
    ("app", "database"): {"3306"},
    # Ways out: packages, registry, AWS services.
    ("app", "world"): HTTP,
}
TASK_MANAGER = BEHIND_THE_BALANCER | {
    ("world", "balancer"): HTTP,
    ("app", "balancer"): HTTP,  # which lets everybody in
}
TASK_MANAGER_WITH_CLOUDFRONT = BEHIND_THE_BALANCER | {
    ("cloudfront", "balancer"): {"443"},
    ("app", "cloudfront"): HTTP,
}
