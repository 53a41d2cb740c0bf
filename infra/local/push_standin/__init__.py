"""A stand-in for Google's end of a push, for laptops and tests.

Hides: that nobody's phone rings. To the real firebase-admin it is Google: TLS,
HTTP/2, an OAuth token endpoint that verifies the signed assertion, and
``messages:send`` of FCM v1 with its real errors. To a person it is a page of
phones, each with the notifications it would show now.

It listens on the loopback interface only and is never part of the image.
``docs/decisions/0003-push-stand-in.md`` says why it exists and how true it is.
"""
