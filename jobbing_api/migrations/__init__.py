"""The schema's history: one head, expand before contract, proven equal to the models."""
