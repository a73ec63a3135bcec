"""People: who may look at which account in the dashboard, and what they changed."""
