"""Jobbing: local odd jobs, matched by distance, availability and rating.

The rooms, top to bottom: ``app | cli | tasks`` wire and run; ``api`` is the HTTP
edge; ``privacy``, ``offers``, ``jobs``, ``matching``, ``providers``,
``notifications``, ``accounts`` and ``markets`` are the domain; ``queue``,
``firebase``, ``mail``, ``history`` and ``database`` touch the outside. Imports run
downwards only.
"""
