"""One trial: one loop over the cells, one engine a loss."""
