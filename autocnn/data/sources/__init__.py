"""Where images come from: one file per form of source."""
