"""Exercises and their grader: the student version, the sandboxed worker, the tests, the report.

``format.py`` says how an exercise is written, ``split.py`` makes the student version, ``grade.py`` grades one
submission and ``folder.py`` many. Nothing is imported here: the worker starts with this package, and each
millisecond counts once per submission.
"""
