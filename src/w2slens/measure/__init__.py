"""How many dimensions two feature maps have, and how many they share.

`one_pass` measures both from rows or moments; `intrinsic` holds what it finds of a side and of the
pair, `overlap` estimates what they share; `published` keeps the estimator of the paper's code.
"""
