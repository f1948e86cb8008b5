"""Evidence bundles: what leaves the house so that anyone can check it without the house."""
