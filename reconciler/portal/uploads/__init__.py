"""What people upload: safe names, counted words, and the folder that keeps the bytes."""
