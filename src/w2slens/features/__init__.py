"""Where rows come from: files, examples and networks → chunks, matrices, stores."""
