# One of each, external Postgres, Valkey beside the worker, the API at its task's own address, asleep at night.
environment = "dev"

ingress         = "public_ip"
redis           = "sidecar"
database        = "external"
frontend        = "none"
worker_capacity = "FARGATE_SPOT"

schedule_off_hours = {
  stop  = "cron(0 20 ? * * *)" # daily: a deployment wakes the stack
  start = "cron(0 8 ? * MON-FRI *)"
}
