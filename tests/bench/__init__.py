"""`make bench`: the work of the speed targets against a real server, one JSON line a figure."""
