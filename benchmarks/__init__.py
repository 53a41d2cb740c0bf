"""What the code is measured by: each figure beside a rival's, over the same made-up people.

Nothing in the application imports from here.
"""
