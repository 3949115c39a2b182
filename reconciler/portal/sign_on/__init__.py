"""Log-in with an OpenID provider."""
