"""What is done: each act reads rows, asks the rules, changes the rows, notes it and mails it.

People on the pages, scripts through the API and the reconciler through batches do the same acts.
"""
