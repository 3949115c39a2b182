"""The layer between a socket and a route that the API and the pages share."""
