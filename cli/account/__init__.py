"""The account that a patient can read: its content in plain Swedish, and the text, page and PDF made of it."""
