"""The target `jenkins`: a Jenkinsfile."""
