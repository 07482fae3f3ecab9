#!/bin/sh
# run_python.sh <interpreter> <script> <argument>...   runs a test written in Python, or says that there is no Python for it
if [ ! -x "$1" ]; then
  echo "skipped: there is no $1; ./carousel test makes it, or set CAROUSEL_TEST_PYTHON to a Python with the packages of tests/requirements.txt"
  exit 77
fi
exec "$@"
