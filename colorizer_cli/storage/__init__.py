"""Objects in a store behind a URL: listed page by page, fetched and put whole, through fsspec."""
