# The least that runs: never asleep.
environment     = "dev"
ingress         = "public_ip"
redis           = "sidecar"
database        = "external"
worker_capacity = "FARGATE_SPOT"
