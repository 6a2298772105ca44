"""Access to one Jenkins server: the account, requests and their failures, listing items, and writing a job."""
