"""First step of `civic up`: the embedded servers and the supervisor that keeps them and the service running."""
