"""Files written by earlier versions of the library, how they were made, and that they still load."""
