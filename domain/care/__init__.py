"""Who gives the care: one file for each kind, offering ``rows(chain)``; several at once is normal (HSL 12, 14, 16)."""
