"""Read-only database queries of the pages: rows with everything that one page shows."""
