"""The model: frozen values that every other layer uses.

Standard library only, no input or output.
"""
