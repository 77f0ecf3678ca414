"""Training the colour network (needs torch): photos, augmentation, stages, loop, validation, publishing."""
