"""The routes, a module for every kind of thing."""
