"""How a scikit-learn user meets the library: estimators with unlabeled rows among their labels."""
