"""The play as tables a person enjoys reading, on 80 columns and without colour too.

Hides: rich, the wording of the stories in both languages, and what becomes of a number on
its way to a reader.
"""
