region      = "us-east-1"
name        = "fualab"
keep_images = 100
