"""Lists from spreadsheets, read in as jobs."""
