"""The target `gitlab`: one `.gitlab-ci.yml`."""
