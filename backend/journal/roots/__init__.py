"""Each finished day's entries become one signed root, published outside, against which anyone's entry can be proved."""
