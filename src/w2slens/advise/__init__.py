"""What to do: plans on predicted risks, teachers by forecast ones, and the student to take home."""
