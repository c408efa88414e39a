# SPDX-License-Identifier: Apache-2.0
"""Started by deploy/run-faults."""

import argparse
import sys

from kit.runner import run

parser = argparse.ArgumentParser(prog="deploy/run-faults", description="Runs rows of the fault suite.")
parser.add_argument("rows", nargs="*", metavar="F01", help="rows to run (default: all)")
parser.add_argument("--short", action="store_true", help="the bounded subset, with smaller counts")
parser.add_argument("--list", action="store_true", help="tell the rows and run none")
parser.add_argument("--prove", action="store_true", help="the rows that have a proof, with what each is about broken on purpose: each must fail")
parser.add_argument("--jobs", type=int, default=3, help="rows at a time (default 3)")
parser.add_argument("--keep", action="store_true", help="keep the folder of every row")
parser.add_argument("--keep-failed", action="store_true", help="keep the folders of rows that fail")
sys.exit(run(parser.parse_args()))
