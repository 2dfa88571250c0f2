"""What containers get: reading the manifests of Kubernetes and of compose, each in a module of its own."""
