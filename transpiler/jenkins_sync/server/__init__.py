"""One Jenkins server: who we are to it, requests and how they fail, what it lists, and one job written at a time."""
