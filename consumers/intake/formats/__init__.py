"""The formats that are read: each module offers FORMATS, and the folder is the list."""
