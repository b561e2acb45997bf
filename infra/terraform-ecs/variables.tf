variable "region" {
  description = "AWS region of the stack."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region's code, such as us-east-1."
  }
}

variable "environment" {
  description = "Name of the environment; part of every name. In prod the programs refuse unsafe settings, and so does this stack."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment must be 2 to 12 lower-case letters and digits, a letter first, such as dev or prod."
  }
}

# The parts of the stack. Each choice has its price in ../README.md.

variable "ingress" {
  description = "How requests reach the API: public_ip (the task's own address, plain HTTP, changes with each deployment; not for prod), api_gateway (HTTPS and a stable name by the request; buffers: no events, 30 s, 10 MB) or alb (streams)."
  type        = string
  default     = "public_ip"

  validation {
    condition     = contains(["public_ip", "api_gateway", "alb"], var.ingress)
    error_message = "ingress must be public_ip, api_gateway or alb."
  }
  validation {
    condition     = var.ingress != "public_ip" || var.environment != "prod"
    error_message = "ingress = public_ip is plain HTTP at an address that changes; prod wants api_gateway or alb."
  }
}

variable "certificate_arn" {
  description = "ACM certificate for ingress = alb; without one it listens on port 80 alone."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of an ACM certificate."
  }
  validation {
    condition     = var.ingress != "alb" || var.environment != "prod" || var.certificate_arn != null
    error_message = "ingress = alb in prod wants a certificate_arn: without one the load balancer speaks plain HTTP."
  }
}

variable "api_domain" {
  description = "Name of the certificate that points to the load balancer; CloudFront and the smoke test use it. Only with certificate_arn."
  type        = string
  default     = null

  validation {
    condition     = (var.api_domain == null) == (var.certificate_arn == null)
    error_message = "api_domain and certificate_arn belong together: set both or neither."
  }
}

variable "redis" {
  description = "Redis, which is never the truth: sidecar (Valkey in the worker's task, free, one worker, plain text within the VPC; not for prod), elasticache (Serverless Valkey, TLS) or external (its URL is a secret)."
  type        = string
  default     = "sidecar"

  validation {
    condition     = contains(["sidecar", "elasticache", "external"], var.redis)
    error_message = "redis must be sidecar, elasticache or external."
  }
  validation {
    condition     = var.redis != "sidecar" || (var.worker_count == 1 && !var.enable_autoscaling)
    error_message = "redis = sidecar lives in the worker's task: it demands worker_count = 1 and enable_autoscaling = false."
  }
  validation {
    condition     = var.redis != "sidecar" || var.environment != "prod"
    error_message = "redis = sidecar is reached in plain text, which the programs refuse in production; prod wants elasticache or external (rediss://)."
  }
}

variable "redis_image" {
  description = "Image of redis = sidecar."
  type        = string
  default     = "docker.io/valkey/valkey:8.1-alpine"

  validation {
    condition     = can(regex(":[A-Za-z0-9._-]+$|@sha256:[0-9a-f]{64}$", var.redis_image)) && !endswith(var.redis_image, ":latest")
    error_message = "redis_image must have a version's tag or a digest."
  }
}

variable "database" {
  description = "Postgres: external (its URL is a secret) or rds."
  type        = string
  default     = "external"

  validation {
    condition     = contains(["external", "rds"], var.database)
    error_message = "database must be external or rds."
  }
}

variable "database_ca" {
  description = "Certificates, as PEM text, of the authorities that may sign for the database; for database = rds the region's bundle from https://truststore.pki.rds.amazonaws.com/REGION/REGION-bundle.pem. null: those that the system knows."
  type        = string
  default     = null

  validation {
    condition     = var.database_ca == null || can(regex("^-----BEGIN CERTIFICATE-----\\n", var.database_ca))
    error_message = "database_ca must be certificates as PEM text."
  }
  validation {
    condition     = var.database != "rds" || var.database_ca != null
    error_message = "database = rds wants a database_ca: no system knows the authorities of RDS. Put the certificates of https://truststore.pki.rds.amazonaws.com/REGION/REGION-bundle.pem into the file of variables, because each deployment needs them."
  }
}

variable "database_class" {
  description = "Instance class of database = rds."
  type        = string
  default     = "db.t4g.micro"

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.database_class))
    error_message = "database_class must be an RDS instance class, such as db.t4g.micro."
  }
  # As local.pool_size has it, which would refer back to here.
  validation {
    condition = var.database != "rds" || (80 * lookup({ "db.t4g.micro" = 1, "db.t4g.small" = 2, "db.t4g.medium" = 4 }, var.database_class, 8) - 6 - 4 * (var.enable_autoscaling ? var.max_count : var.api_count)) / (
      2 * (var.enable_autoscaling ? 2 * var.max_count : var.api_count + var.worker_count)
    ) >= 4
    error_message = "database_class has connections for fewer than 4 a task, with which a worker waits for itself. Take a larger class, or a smaller max_count."
  }
}

variable "database_multi_az" {
  description = "A standby of database = rds in another zone; doubles its price."
  type        = bool
  default     = false
}

variable "frontend" {
  description = "The web client: cloudfront (S3 behind CloudFront, which passes /api on to the ingress) or none."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["cloudfront", "none"], var.frontend)
    error_message = "frontend must be cloudfront or none."
  }
  validation {
    condition     = var.frontend != "cloudfront" || var.ingress != "public_ip"
    error_message = "frontend = cloudfront needs a stable name behind it: ingress = api_gateway or alb."
  }
}

variable "worker_capacity" {
  description = "Where workers run: FARGATE_SPOT (70 % cheaper; what it interrupts, another worker does again) or FARGATE."
  type        = string
  default     = "FARGATE_SPOT"

  validation {
    condition     = contains(["FARGATE_SPOT", "FARGATE"], var.worker_capacity)
    error_message = "worker_capacity must be FARGATE_SPOT or FARGATE."
  }
}

variable "repositories" {
  description = "The images' repositories: create, or existing, made by terraform-lite or by another environment of the account."
  type        = string
  default     = "create"

  validation {
    condition     = contains(["create", "existing"], var.repositories)
    error_message = "repositories must be create or existing."
  }
}

# How much of it.

variable "api_count" {
  description = "How many tasks the API has, or at least has with enable_autoscaling."
  type        = number
  default     = 1

  validation {
    condition     = var.api_count >= 1 && var.api_count <= 20 && floor(var.api_count) == var.api_count
    error_message = "api_count must be a whole number from 1 to 20."
  }
}

variable "worker_count" {
  description = "How many tasks the worker has, or at least has with enable_autoscaling."
  type        = number
  default     = 1

  validation {
    condition     = var.worker_count >= 1 && var.worker_count <= 20 && floor(var.worker_count) == var.worker_count
    error_message = "worker_count must be a whole number from 1 to 20."
  }
}

variable "max_count" {
  description = "How many tasks of a service there are at most with enable_autoscaling."
  type        = number
  default     = 4

  validation {
    condition     = var.max_count >= max(var.api_count, var.worker_count) && var.max_count <= 50
    error_message = "max_count must be at least api_count and worker_count, and at most 50."
  }
}

variable "cpu" {
  description = "CPU units of a task, 1024 to the core."
  type        = number
  default     = 256

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.cpu)
    error_message = "cpu must be 256, 512, 1024, 2048 or 4096, as Fargate has them."
  }
}

variable "memory" {
  description = "Memory of a task, in MiB."
  type        = number
  default     = 512

  validation {
    condition     = var.memory >= 2 * var.cpu && var.memory <= 8 * var.cpu && (var.memory == 512 || var.memory % 1024 == 0)
    error_message = "memory must be 2 to 8 times cpu: 512 or a multiple of 1024 MiB, as Fargate has them."
  }
}

variable "rate_limit" {
  description = "How many requests a second a caller may send for long; 0 is no limit, of which the programs warn."
  type        = number
  default     = 100

  validation {
    condition     = var.rate_limit >= 0 && var.rate_limit <= 1000000 && floor(var.rate_limit) == var.rate_limit
    error_message = "rate_limit must be a whole number from 0 to 1000000."
  }
}

variable "enable_autoscaling" {
  description = "Whether the number of tasks follows what there is to do, up to max_count: the API's their CPU, the worker's how long the oldest run has waited."
  type        = bool
  default     = false
}

variable "schedule_off_hours" {
  description = "When the services are stopped and started again, as cron expressions of Application Auto Scaling; null: never. Tasks pay by the second, so 12 hours on 5 days cost a third."
  type = object({
    stop      = string
    start     = string
    time_zone = optional(string, "Etc/UTC")
  })
  default = null

  validation {
    condition     = var.schedule_off_hours == null || alltrue([for at in [try(var.schedule_off_hours.stop, ""), try(var.schedule_off_hours.start, "")] : can(regex("^cron\\([^()]+\\)$", at))])
    error_message = "schedule_off_hours.stop and .start must be cron(minute hour day month weekday year), such as cron(0 8 ? * MON-FRI *)."
  }
  validation {
    condition     = var.schedule_off_hours == null || can(regex("^cron\\(\\S+ \\S+ (\\? \\* \\*|\\* \\* \\?) \\*\\)$", var.schedule_off_hours.stop))
    error_message = "schedule_off_hours.stop must be daily, such as cron(0 20 ? * * *): each deployment wakes the stack, one at the weekend, too."
  }
  validation {
    condition     = var.schedule_off_hours == null || var.environment != "prod"
    error_message = "schedule_off_hours stops everything; prod never sleeps."
  }
}

variable "settings" {
  description = "Further settings of the services, as the README lists them: { api = { FUALAB_OIDC_ISSUER = \"https://…\" } }. The one-off tasks have the API's."
  type = object({
    api    = optional(map(string), {})
    worker = optional(map(string), {})
  })
  default = {}

  validation {
    condition     = alltrue([for name in concat(keys(var.settings.api), keys(var.settings.worker)) : can(regex("^(FUALAB|OTEL)_[A-Z0-9_]+$", name))])
    error_message = "settings must be named FUALAB_… or OTEL_…."
  }
  validation {
    condition     = length(setintersection(concat(keys(var.settings.api), keys(var.settings.worker)), ["FUALAB_AUTH", "FUALAB_DATABASE_CA", "FUALAB_EMF_ENVIRONMENT", "FUALAB_ENV", "FUALAB_MIGRATE_ON_START", "FUALAB_RATE_LIMIT", "FUALAB_SHUTDOWN_DELAY_SECONDS", "FUALAB_SHUTDOWN_TIMEOUT_SECONDS"])) == 0
    error_message = "settings must not repeat what the stack sets by variables of its own: database_ca, environment, rate_limit and redis; authentication is always on."
  }
  validation {
    condition     = length([for name in concat(keys(var.settings.api), keys(var.settings.worker)) : name if can(regex("_URL$|PASSWORD|SECRET|HEADERS", name))]) == 0
    error_message = "settings must hold no secret: a task definition shows them to everybody who may read it. Secrets are database_url, migrate_database_url and redis_url."
  }
}

# Watching it.

variable "enable_alarms" {
  description = "Alarms and failed deployments by e-mail to alarm_email."
  type        = bool
  default     = false
}

variable "alarm_email" {
  description = "Who is told; confirms the subscription by a link in the first mail."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.alarm_email))
    error_message = "alarm_email must be an e-mail address."
  }
  validation {
    condition     = var.alarm_email != null || (!var.enable_alarms && var.monthly_budget_usd == null)
    error_message = "enable_alarms and monthly_budget_usd want an alarm_email: an alarm that nobody hears is none."
  }
}

variable "page_webhook" {
  description = "Address that pages a person, beside the mail, such as PagerDuty's for CloudWatch: https://events.pagerduty.com/integration/KEY/enqueue. Its key reaches the state."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = var.page_webhook == null || can(regex("^https://", var.page_webhook))
    error_message = "page_webhook must be an https:// address."
  }
}

variable "monthly_budget_usd" {
  description = "Told at 80 % forecast and 100 % spent, by the tag Environment (activate it as a cost allocation tag once); null: no budget."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget_usd == null || try(var.monthly_budget_usd > 0, false)
    error_message = "monthly_budget_usd must be more than 0."
  }
}

variable "log_retention_days" {
  description = "How long log lines are kept, in days."
  type        = number
  default     = 14

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400], var.log_retention_days)
    error_message = "log_retention_days must be one of CloudWatch's: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or 400."
  }
}

# Where it stands.

variable "vpc" {
  description = "A VPC that is there: its id and at least two public subnets in different zones; null makes one."
  type = object({
    id         = string
    subnet_ids = list(string)
  })
  default = null

  validation {
    condition     = var.vpc == null || try(startswith(var.vpc.id, "vpc-") && length(distinct(var.vpc.subnet_ids)) >= 2, false)
    error_message = "vpc must have an id (vpc-…) and at least two different subnet_ids."
  }
}

variable "vpc_cidr" {
  description = "Addresses of the VPC that is made; each of its two subnets takes a sixteenth."
  type        = string
  default     = "10.20.0.0/20"

  validation {
    condition     = can(cidrsubnet(var.vpc_cidr, 4, 1)) && try(tonumber(split("/", var.vpc_cidr)[1]) <= 24, false)
    error_message = "vpc_cidr must be an IPv4 network of /24 or larger, such as 10.20.0.0/20."
  }
}

variable "zone_ids" {
  description = "The two zones of the VPC that is made, by their ids, such as use1-az1; null takes the first two of the region that have Fargate and VPC links."
  type        = list(string)
  default     = null

  validation {
    condition     = var.zone_ids == null || try(length(distinct(var.zone_ids)) == 2 && length(var.zone_ids) == 2 && alltrue([for z in var.zone_ids : can(regex("^[a-z0-9]+-az[0-9]$", z))]), false)
    error_message = "zone_ids must be two different ids, such as use1-az1: a name such as us-east-1a is another zone in each account."
  }
}

variable "api_allowed_cidrs" {
  description = "Who reaches the API with ingress = public_ip or alb."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = length(var.api_allowed_cidrs) > 0 && alltrue([for c in var.api_allowed_cidrs : can(cidrhost(c, 0))])
    error_message = "api_allowed_cidrs must list networks such as 203.0.113.0/24."
  }
}

# GitHub.

variable "enable_github_oidc" {
  description = "A role for this environment's workflows that only reads: what `deploy status` and the nightly plan need. bootstrap made the provider, and the roles that build and deploy."
  type        = bool
  default     = false
}

variable "github" {
  description = "The repository of enable_github_oidc, and of the runbooks that alarms link to. Both forms of GitHub's subject are trusted, by exact match: repositories made since mid-2026 carry the ids (gh api repos/OWNER/REPO --jq '.owner.id, .id')."
  type = object({
    owner    = string
    owner_id = number
    repo     = string
    repo_id  = number
  })
  default = null

  validation {
    condition     = var.github == null || try(alltrue([for s in [var.github.owner, var.github.repo] : can(regex("^[A-Za-z0-9._-]+$", s))]), false)
    error_message = "github.owner and github.repo must be plain names; a wildcard would let other repositories in."
  }
  validation {
    condition     = var.github != null || !var.enable_github_oidc
    error_message = "enable_github_oidc wants github = { owner, owner_id, repo, repo_id }."
  }
}

# The release. `deploy` sets it; by hand, leave it alone: the record in SSM holds the running release.

variable "images" {
  description = "The images to run, by digest; null, or a service's null: what the release record says."
  type = object({
    api     = optional(string)
    worker  = optional(string)
    migrate = optional(string)
  })
  default = null

  validation {
    condition     = var.images == null || try(alltrue([for i in values(var.images) : i == null || can(regex("@sha256:[0-9a-f]{64}$", i))]), false)
    error_message = "images must be given by digest (…@sha256:…): a tag may move."
  }
}

# Secrets. Ephemeral: they reach SSM, and neither a plan nor the state. Give one as TF_VAR_…, with its version raised;
# the others, and without it all, stay as they are.

variable "secrets_versions" {
  description = "Raise a secret's version together with its new value; only then is it written. With database = rds database_url's is that of service_password, migrate_database_url's that of database_password."
  type = object({
    database_url         = optional(number, 1)
    migrate_database_url = optional(number, 1)
    redis_url            = optional(number, 1)
    smoke_token          = optional(number, 1)
  })
  default = {}

  validation {
    condition     = alltrue([for v in values(var.secrets_versions) : v >= 1 && floor(v) == v])
    error_message = "secrets_versions must be whole numbers from 1."
  }
}

variable "database_url" {
  description = "FUALAB_DATABASE_URL of database = external: the role of the services, which the migration makes if it is missing."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = var.database_url == null || can(regex("^postgres(ql)?://[^/@]+@[^/@]+/[^?]+\\?(.*&)?sslmode=verify-full(&|$)", var.database_url))
    error_message = "database_url must be postgresql://user:password@host:5432/database?sslmode=verify-full: nothing less makes sure that it is the database."
  }
}

variable "migrate_database_url" {
  description = "FUALAB_MIGRATE_DATABASE_URL of database = external: the role that owns the schema, for migrations alone."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = var.migrate_database_url == null || can(regex("^postgres(ql)?://[^/@]+@[^/@]+/[^?]+\\?(.*&)?sslmode=verify-full(&|$)", var.migrate_database_url))
    error_message = "migrate_database_url must be postgresql://owner:password@host:5432/database?sslmode=verify-full."
  }
}

variable "database_password" {
  description = "Password of database = rds, letters, digits and dashes; becomes part of FUALAB_MIGRATE_DATABASE_URL, which migrations alone read."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = var.database_password == null || can(regex("^[A-Za-z0-9-]{8,128}$", var.database_password))
    error_message = "database_password must be 8 to 128 letters, digits and dashes."
  }
}

variable "service_password" {
  description = "Password of the services' role with database = rds, letters, digits and dashes; becomes part of FUALAB_DATABASE_URL."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = var.service_password == null || can(regex("^[A-Za-z0-9-]{8,128}$", var.service_password))
    error_message = "service_password must be 8 to 128 letters, digits and dashes."
  }
}

variable "redis_url" {
  description = "FUALAB_REDIS_URL of redis = external: rediss://…"
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = var.redis_url == null || can(regex("^rediss://", var.redis_url))
    error_message = "redis_url must be rediss://…: the programs refuse a Redis in plain text."
  }
}

variable "smoke_token" {
  description = "Token of the smoke test, scopes read and write: fualab-api token create --name smoke --scope read,write"
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true
}
