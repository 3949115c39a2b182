"""What people see: server-rendered pages over the same acts as the API."""
