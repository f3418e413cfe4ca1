"""What n labels and an unlabeled pool say in advance."""
