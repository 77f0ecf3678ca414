"""A whole folder of photos: planned, journalled, coloured by worker processes, reported on."""
