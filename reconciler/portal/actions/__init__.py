"""The actions: each reads rows, asks the rules, changes the rows, and writes history and mails.

The pages, the API and the batches of the reconciler call the same actions.
"""
