"""Words and guards: what every other room leans on."""
