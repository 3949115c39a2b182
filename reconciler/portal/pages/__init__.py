"""The portal's pages: rendered on the server, over the same actions as the API."""
