"""Tools of the build and of translators; the program and its wheel need none of them."""
