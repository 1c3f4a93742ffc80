"""The residents' door: their own archive on a phone, with or without JavaScript, in two sizes."""
