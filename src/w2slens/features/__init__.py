"""Where rows come from: files, examples and networks → chunks, matrices, stores.

`reading` opens arrays and files as sources, with a reader a file type in `readers` and `tables`.
`corpora` are examples, `extractors` map them to features, `extract` runs one over the other into a
`store`, keeping `memory` meanwhile; a `recipe` names its `examples` and models. `digits` are two
feature maps to try things on.
"""
