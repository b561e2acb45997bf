region = "us-east-1"
name   = "fualab"
