"""Functions and classes that exist only as somebody's code: taken apart into source and values.

Pure: it knows nothing of blueprints, archives or policies. Nothing here runs unless a class is
rebuilt, and then only the statement that made it.
"""
