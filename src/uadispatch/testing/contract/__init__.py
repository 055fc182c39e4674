"""The tests that every channel must pass, one room for each kind of promise."""
