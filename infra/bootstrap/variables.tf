variable "region" {
  description = "AWS region of the state bucket and of the stacks."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region's code, such as us-east-1."
  }
}

variable "environments" {
  description = "Environments that workflows deploy; each gets a role that GitHub's environment of the same name assumes."
  type        = set(string)
  default     = ["dev", "prod"]

  validation {
    condition     = length(var.environments) > 0 && alltrue([for e in var.environments : can(regex("^[a-z][a-z0-9]{1,11}$", e))])
    error_message = "environments must be names of 2 to 12 lower-case letters and digits, such as dev and prod."
  }
}

variable "github" {
  description = "The repository whose workflows build and deploy. Both forms of GitHub's subject are trusted, by exact match: repositories made since mid-2026 carry the ids (gh api repos/OWNER/REPO --jq '.owner.id, .id')."
  type = object({
    owner    = string
    owner_id = number
    repo     = string
    repo_id  = number
  })

  validation {
    condition     = alltrue([for s in [var.github.owner, var.github.repo] : can(regex("^[A-Za-z0-9._-]+$", s))])
    error_message = "github.owner and github.repo must be plain names; a wildcard would let other repositories in."
  }
}
