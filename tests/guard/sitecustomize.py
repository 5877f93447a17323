"""Python imports this at its start: with this folder on PYTHONPATH, child processes of tests are guarded as well."""

from importlib import import_module

import_module("network_guard")
