"""Customers, locations and sites, devices and their states."""
