"""What a tablet sends and is sent, from envelope to receipt; the life of the tablet itself."""
