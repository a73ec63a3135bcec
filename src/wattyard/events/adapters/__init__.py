"""Outside systems of webhooks: receivers, the network's names, and the RSA of signatures."""
