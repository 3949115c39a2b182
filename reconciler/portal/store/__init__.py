"""Tables, migrations and the unit of work: one transaction that commits everything or nothing."""
