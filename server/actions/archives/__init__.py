"""One resident's archive: opening, writing, deciding, its life, cards and search over many."""
