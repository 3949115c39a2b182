"""A declarative reconciler for a translation company's customer portal."""

__version__ = "0.1.0"
