"""Log-in at an OpenID provider: people prove there who they are."""
