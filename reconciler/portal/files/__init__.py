"""What people upload: safe names and counted words. Pure functions over names and bytes."""
