"""What runs the application but is no part of it: a laptop's servers, the image, the web server."""
