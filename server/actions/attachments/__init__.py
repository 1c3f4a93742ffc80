"""Pictures: taken in, made anew in a process of their own, kept sealed, shown through the gate."""
