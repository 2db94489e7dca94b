"""The tests of the project, and (in `harness`) what they are made of."""
