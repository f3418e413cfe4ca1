"""How one model is fitted, chosen and scored."""
