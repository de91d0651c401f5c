"""Checks of Core ML packages on machines without Core ML.

    coreml.interpreter  runs an ML Program with PyTorch and NumPy, operation by operation
    coreml.linter       says what is wrong with a package
    coreml.weight_file  reads weight.bin

The first two take an .mlpackage and leave its files as they are. They share nothing with what writes packages: coremltools parses
and types the program, the kernels here compute it. self_test.py tests the checks themselves.
"""
