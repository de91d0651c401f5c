#!/usr/bin/env bash
# Measures YOLOv8n against OpenVINO, ONNX Runtime and Ultralytics and prints pass or fail for each target.
#   speed.sh [MODEL] [--program PATH] [--reuse]     (options of bench/targets.py)
# Takes about ten minutes on a quiet machine; results go to bench/results.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=/usr/bin/python3
[ -x "$python" ] || python=python3
"$python" -c 'import sys; sys.path.insert(0, "tests/acceptance"); import common; common.demo_file("320n.onnx"); common.demo_file("astronaut.png")'
exec "$python" bench/targets.py "$@"
