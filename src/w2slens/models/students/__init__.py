"""What the strong student makes of labels and teacher: one file and one line a student."""
