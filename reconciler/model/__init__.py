"""What is: frozen values that every other layer speaks in. Standard library only, no input or output."""
