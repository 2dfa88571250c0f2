"""Two versions of an event compared: what one stores and the other refuses, loses or takes for something else."""
