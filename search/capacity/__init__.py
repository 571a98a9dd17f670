"""How much machine a catalog and its queries need. Pure functions: demand, constants and prices in, a report out.

`constants` are measured on this machine (search/build/calibrate.py) or published by others, and say which.
"""
