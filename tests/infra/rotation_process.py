"""Wraps a vault's keys anew in a process of its own, so that a test can kill it: DSN, old and new secret in hex."""

import sys

from infra.keys import MasterKey
from infra.vault.rotation import rotate

if __name__ == "__main__":
    old, new = (MasterKey.derive(bytes.fromhex(text)) for text in sys.argv[2:4])
    rotate(sys.argv[1], new.after(old), batch=10)
