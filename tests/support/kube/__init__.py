"""What tests need of Kubernetes: an API server of their own (api), a client (client), and a kubelet that plays (kubelet)."""
