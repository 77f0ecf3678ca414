"""The model's weights: folders that are validated before they are used, and the names they are known by."""
