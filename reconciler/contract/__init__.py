"""The contract suite: which laws of the API hold at a URL. Imports nothing else of this package."""
