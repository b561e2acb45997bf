# Put your repository here: gh api repos/OWNER/REPO --jq '.owner.id, .id'
github = {
  owner    = "fualab"
  owner_id = 1
  repo     = "fualab"
  repo_id  = 2
}
