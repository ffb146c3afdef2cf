#!/usr/bin/env python3
"""docs/reference is what the code has."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]


class Reference(unittest.TestCase):
    maxDiff = 2_000

    def test_it_is_as_new_as_the_code(self):
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run([sys.executable, ROOT / "tools/docs/reference.py", os.environ["CERTES_BINARY"], directory], check=True)
            made = {path.name: path.read_text() for path in pathlib.Path(directory).iterdir()}
        there = {path.name: path.read_text() for path in (ROOT / "docs/reference").iterdir()}
        self.assertEqual(set(made), set(there))
        for name, text in made.items():
            self.assertEqual(text.splitlines(), there[name].splitlines(), f"docs/reference/{name} is old: ./dev docs")


if __name__ == "__main__":
    unittest.main()
