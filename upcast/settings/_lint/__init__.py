"""What lint looks for, a module per idea."""
