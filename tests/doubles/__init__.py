"""Stand-ins for the servers and programs of a site."""
