"""What a site does besides what is planned: its sun and its usual load."""
