"""What the doors for people share: words from files, answers and days as people read them, forms.

Nothing here asks a database or knows a door.
"""
