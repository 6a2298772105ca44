"""The target `github`: a workflow of GitHub Actions for each pipeline. Forgejo and Gitea run them too."""
