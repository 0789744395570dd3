"""The chain between a session and its model."""
