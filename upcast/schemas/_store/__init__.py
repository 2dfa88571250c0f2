"""What the store of frozen files is made of: file names, folders, git, and what is checked when a file is read."""
