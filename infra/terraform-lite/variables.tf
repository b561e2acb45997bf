variable "region" {
  description = "AWS region of everything here."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region's code, such as us-east-1."
  }
}

variable "name" {
  description = "First part of the repositories' names, and the cluster's name."
  type        = string
  default     = "fualab"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "name must be 2 to 31 lower-case letters, digits and dashes, a letter first."
  }
}

variable "keep_images" {
  description = "How many main-* images a repository keeps; releases (v*) stay for ever."
  type        = number
  default     = 30

  validation {
    condition     = var.keep_images >= 5 && var.keep_images <= 500 && floor(var.keep_images) == var.keep_images
    error_message = "keep_images must be a whole number from 5 to 500: fewer would delete what a rollback needs."
  }
}
