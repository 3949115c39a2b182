"""Tables, migrations and the unit of work: one transaction, of which everything is committed or nothing."""
