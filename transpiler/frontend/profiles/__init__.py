"""Finds profiles, reads them with all profiles that they extend, and checks them."""
